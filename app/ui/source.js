// The panel beside the chat: a page as a picture, or a note as text, with the quote marked.

import { json, request } from './api.js';
import { $, el, t } from './dom.js';
import { putText, renderBlocks } from './markdown.js';

const FRONT_MATTER = /^---\r?\n[\s\S]*?\n---\r?\n/;
const LETTER = /[\p{L}\p{N}]/u;
const POINTS_PER_INCH = 72;

let place = null; // a citation, a hit, or {document_id, title}
let shown = null; // the document's record
let opener = null;
let picture = null;
let turn = 0; // only the newest request may fill the panel

export async function openSource(wanted) {
  if ($('source').hidden) opener = document.activeElement;
  [place, shown] = [wanted, null];
  $('source').hidden = false;
  document.body.classList.add('reading');
  $('source-title').textContent = wanted.title;
  $('source-section').textContent = (wanted.section ?? []).filter((part) => part !== wanted.title).join(' › ');
  $('source-pages').hidden = true;
  $('source-title').focus({ preventScroll: true });
  await fill(async () => {
    const record = await json(`/api/documents/${wanted.document_id}`);
    return () => {
      shown = record;
      $('source-pages').hidden = !record.page_images;
      return record.page_images ? showPage(wanted.page ?? 1) : showNote();
    };
  });
}

export function closeSource() {
  if ($('source').hidden) return;
  turn += 1;
  $('source').hidden = true;
  document.body.classList.remove('reading');
  $('source-body').replaceChildren();
  opener?.focus();
}

export function turnPage(step) {
  return showPage(Number($('page').dataset.page) + step);
}

// Runs a step that loads, then the one that shows, unless another place was opened meanwhile.
async function fill(load) {
  const mine = (turn += 1);
  const body = $('source-body');
  body.setAttribute('aria-busy', 'true');
  if (!body.childElementCount) body.replaceChildren(el('p', { class: 'hint', 'data-text': 'loading' }));
  try {
    const show = await load();
    if (mine === turn) await show();
  } catch (error) {
    if (mine === turn) body.replaceChildren(...failed(error));
  } finally {
    body.removeAttribute('aria-busy');
  }
}

// A document that is gone leaves what was quoted from it.
function failed(error) {
  const quote = place.quote ? [el('blockquote', {}, place.quote)] : [];
  if (error.code === 'not_found' && !shown) return [el('p', { class: 'error', 'data-text': 'gone' }), ...quote];
  return [el('p', { class: 'error' }, error.message), el('p', { class: 'hint' }, error.hint ?? ''), ...quote];
}

function showPage(page) {
  const { title, id } = shown;
  tellPage(page);
  const asked = new URLSearchParams({ dpi: devicePixelRatio > 1 ? 180 : 120 });
  if (place.chunk_id) asked.set('highlight', place.chunk_id);
  if (place.quote) asked.set('quote', place.quote);
  return fill(async () => {
    const response = await request(`/api/documents/${id}/pages/${page}.png?${asked}`);
    const blob = await response.blob();
    const image = el('img', { alt: t('place', title, page) });
    if (picture) URL.revokeObjectURL(picture);
    image.src = picture = URL.createObjectURL(blob);
    await image.decode();
    return () => {
      if (response.redirected) follow(new URL(response.url));
      $('source-body').replaceChildren(image);
      const box = place.boxes?.find((one) => one.page === page);
      const scale = (asked.get('dpi') / POINTS_PER_INCH / image.naturalHeight) * image.clientHeight;
      $('source-body').scrollTo(0, box ? box.y0 * scale - $('source-body').clientHeight / 4 : 0);
    };
  });
}

// A document that was changed may have the quote in another passage and on another page.
function follow(moved) {
  place = { ...place, chunk_id: moved.searchParams.get('highlight'), boxes: [] };
  tellPage(Number(moved.pathname.match(/(\d+)\.png$/)[1]));
}

function tellPage(page) {
  $('page').textContent = `${page} / ${shown.pages}`;
  $('page').dataset.page = page;
  $('previous').disabled = page <= 1;
  $('next').disabled = page >= shown.pages;
}

function showNote() {
  return fill(async () => {
    // A note is shown as written; of kinds that a browser can't show, what was read from it.
    const kept = ['markdown', 'text'].includes(shown.format) ? 'file' : 'text';
    const response = await request(`/api/documents/${shown.id}/${kept}`);
    const source = (await response.text()).replaceAll('\r\n', '\n');
    const wanted = place.quote ?? place.text ?? '';
    const marks = wanted ? locate(source, wanted, place.section ?? []) : [];
    return () => {
      const note = el('article', { class: 'note' });
      if (wanted && !marks.length) note.append(el('p', { class: 'hint', 'data-text': 'unplaced' }), el('blockquote', {}, el('mark', {}, wanted)));
      note.append(shown.format === 'markdown' ? markdown(source, marks) : plain(source, marks));
      $('source-body').replaceChildren(note);
      reveal(note.querySelector('mark'));
    };
  });
}

// Not scrollIntoView: that would also move wide code sideways.
function reveal(mark) {
  const body = $('source-body');
  if (mark) body.scrollTop = mark.getBoundingClientRect().top - body.getBoundingClientRect().top - body.clientHeight / 3;
}

function markdown(source, marks) {
  const skipped = source.match(FRONT_MATTER)?.[0].length ?? 0;
  return renderBlocks(source.slice(skipped), marks.map(([from, to]) => [from - skipped, to - skipped]));
}

function plain(source, marks) {
  const node = el('div', { class: 'plain' });
  putText(node, source, 0, source.length, marks);
  return node;
}

// Finds a quote whatever the markup and white space around its words: ranges in the source.
export function locate(source, quote, section) {
  const text = squeeze(source);
  let from = 0;
  for (const heading of section) {
    const found = text.words.indexOf(squeeze(heading).words, from);
    if (found >= 0) from = found;
  }
  const whole = find(text, source, quote, from) ?? find(text, source, quote, 0);
  if (whole) return [whole];
  // A passage of several blocks: each is found by itself.
  const ranges = [];
  for (const block of quote.split(/\n{2,}/)) {
    const range = find(text, source, block, from);
    if (!range) continue;
    ranges.push(range);
    from = text.places.findIndex((position) => position >= range[1]);
    if (from < 0) break;
  }
  return ranges;
}

function squeeze(text) {
  const places = [...text.matchAll(new RegExp(LETTER, 'gu'))].map((found) => found.index);
  return { words: places.map((position) => text[position]).join(''), places };
}

function find(text, source, quote, from) {
  const wanted = squeeze(quote);
  const at = wanted.words ? text.words.indexOf(wanted.words, from) : -1;
  if (at < 0) return null;
  const [first, last] = [wanted.places[0], wanted.places.at(-1)];
  let start = text.places[at];
  let end = text.places[at + wanted.places.length - 1];
  // The punctuation around the words belongs to the quote.
  for (let step = 1; step <= first && source[start - 1] === quote[first - step]; step += 1) start -= 1;
  for (let step = 0; step < quote.length - last && source[end] === quote[last + step]; step += 1) end += 1;
  return [start, end];
}
