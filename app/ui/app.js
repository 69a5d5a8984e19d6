// The chat: asks, streams the answer, and wires the parts of the page.

import { ask, beginConversation, json, Offline, onUnauthorized } from './api.js';
import { $, el, language, setLanguage, t, translate } from './dom.js';
import { isBlock, renderBlocks, renderInline } from './markdown.js';
import { showOutline } from './outline.js';
import { closeSource, openSource, turnPage } from './source.js';

const RETRY_MS = 4000;
const WIDE = matchMedia('(min-width: 70rem)');
let running = null; // AbortController of the answer under way
let conversation = null; // begun with the first question
let topics = null; // null until the outline has come

async function submit() {
  const question = $('question').value.trim();
  if (!question || running) return;
  $('question').value = '';
  $('welcome').hidden = true;
  const answer = el('div', { class: 'answer', 'aria-busy': 'true' }, el('p', { class: 'hint waiting', 'data-text': 'searching' }));
  $('messages').append(el('p', { class: 'asked' }, question), answer);
  answer.previousSibling.scrollIntoView({ block: 'start' });
  running = new AbortController();
  setRunning(true);
  try {
    await stream(question, answer);
  } catch (error) {
    if (error.code === 'not_found') conversation = null; // deleted meanwhile
    answer.querySelector('.waiting')?.remove();
    if (error.name !== 'AbortError') $('question').value ||= question;
    answer.append(error.name === 'AbortError' ? el('p', { class: 'hint', 'data-text': 'stopped' }) : failure(error));
  } finally {
    answer.removeAttribute('aria-busy');
    running = null;
    setRunning(false);
  }
}

async function stream(question, node) {
  const citations = new Map();
  const sentences = [];
  conversation ??= await beginConversation();
  for await (const [event, data] of ask(question, conversation, running.signal)) {
    if (event === 'citation') citations.set(data.n, data);
    else if (event === 'sentence') {
      sentences.push(data);
      node.replaceChildren(...paragraphs(sentences, citations));
    } else if (event === 'error') {
      throw Object.assign(new Error(data.error.message), { hint: data.error.hint });
    } else if (event === 'done') {
      node.replaceChildren(...understood(data), ...(data.abstained ? refusal(data) : [...notice(data), ...paragraphs(data.sentences, citations, data.answer), sources(data.citations)]));
      return;
    }
  }
  throw Object.assign(new Error(t('broken')), { hint: t('again') });
}

// Sentences of one paragraph stand together; where the paragraphs end is only known at the end.
function paragraphs(sentences, citations, answer = null) {
  const nodes = [];
  let position = 0;
  let paragraph = null;
  for (const sentence of sentences) {
    const start = answer?.indexOf(sentence.text, position) ?? -1;
    const continues = start >= 0 && !answer.slice(position, start).includes('\n');
    if (start >= 0) position = start + sentence.text.length;
    const markers = sentence.citations.map((n) => marker(citations.get(n)));
    if (isBlock(sentence.text)) {
      nodes.push(renderBlocks(sentence.text), el('p', {}, ...markers));
      paragraph = null;
      continue;
    }
    if (!paragraph || !continues) nodes.push((paragraph = el('p')));
    else paragraph.append(' ');
    const words = el('span', sentence.supported ? {} : { class: 'unsupported', title: t('unsupported') });
    renderInline(words, sentence.text);
    paragraph.append(words, ...markers);
  }
  return nodes;
}

const where = ({ title, page }) => (page === null ? title : t('place', title, page));

function marker(citation) {
  const label = `[${citation.n}] ${where(citation)}`;
  return el('button', { class: 'marker', title: citation.quote, 'aria-label': label, onclick: () => openSource(citation) }, `[${citation.n}]`);
}

function sources(citations) {
  return listing('sources', citations, (citation) => `[${citation.n}]`);
}

// What a question that leans on the conversation was taken to mean.
const understood = (answer) => (answer.resolved_question ? [el('p', { class: 'hint understood' }, t('understood', answer.resolved_question))] : []);

// Why the answer is verbatim though a language model was asked.
const notice = (answer) => (answer.notice ? [el('p', { class: 'hint' }, answer.notice)] : []);

function refusal(answer) {
  return [el('p', { class: 'refusal' }, answer.reason), ...(answer.nearest.length ? [listing('nearest', answer.nearest, () => '')] : [])];
}

function listing(heading, places, prefix) {
  const rows = places.map((place) => {
    const section = place.section.filter((part) => part !== place.title).at(-1);
    const page = place.page === null ? '' : t('page', place.page);
    const recognized = place.confidence === null ? '' : t('recognized');
    const tail = [section, page, recognized].filter(Boolean).join(' · ');
    const title = place.quote ?? place.text.slice(0, 200);
    return el('li', {}, el('button', { class: 'quiet', title, onclick: () => openSource(place) }, el('b', {}, prefix(place)), ` ${place.title} `, el('small', {}, tail)));
  });
  return el('section', { class: 'places' }, el('h3', { 'data-text': heading }), el('ul', {}, ...rows));
}

function failure(error) {
  if (error instanceof Offline) reportOffline();
  const message = error instanceof Offline ? t('offline') : error.message;
  return el('div', { class: 'error', role: 'alert' }, el('p', {}, message), error.hint ? el('p', { class: 'hint' }, error.hint) : null);
}

function setRunning(on) {
  $('send').hidden = on;
  $('stop').hidden = !on;
  $('question').focus();
}

async function start() {
  try {
    const { indexed } = await json('/api/health');
    topics = indexed ? await showOutline() : [];
    welcome(indexed);
  } catch (error) {
    if (error instanceof Offline) reportOffline();
    else $('welcome').replaceChildren(failure(error));
  }
}

function welcome(indexed) {
  const examples = topics.map((topic) => {
    const question = t('example', topic);
    const use = () => {
      $('question').value = question;
      submit();
    };
    return el('li', {}, el('button', { onclick: use }, question));
  });
  const command = 'coursegraph ingest';
  $('welcome').dataset.indexed = indexed;
  $('welcome').replaceChildren(
    el('h2', { 'data-text': 'welcome' }),
    ...(indexed
      ? [el('p', { 'data-text': 'about' }), el('ul', { class: 'examples' }, ...examples)]
      : [el('p', { 'data-text': 'empty' }), el('pre', {}, command), el('p', { 'data-text': 'then' })]),
  );
}

// Says that the server is gone until it answers again.
function reportOffline() {
  if (!$('offline').hidden) return;
  $('offline').hidden = false;
  const timer = setInterval(async () => {
    try {
      await json('/api/health');
    } catch {
      return; // still gone; the banner says so
    }
    clearInterval(timer);
    $('offline').hidden = true;
    if (topics === null) start();
  }, RETRY_MS);
}

function askKey() {
  return new Promise((resolve) => {
    $('key-value').value = '';
    $('key').returnValue = '';
    $('key').addEventListener('close', () => resolve($('key').returnValue === 'ok' ? $('key-value').value.trim() : null), { once: true });
    $('key').showModal();
  });
}

function setDrawer(open) {
  document.body.classList.toggle('drawer', open);
  $('menu').ariaExpanded = String(open);
}

function nameLanguage() {
  $('language').textContent = language === 'zh' ? 'EN' : '中文';
  $('language').lang = language === 'zh' ? 'en' : 'zh-CN';
}

onUnauthorized(askKey);
translate(document);
nameLanguage();
setDrawer(WIDE.matches);
$('ask').addEventListener('submit', (event) => { event.preventDefault(); submit(); });
$('stop').addEventListener('click', () => running?.abort());
$('question').addEventListener('keydown', (event) => {
  // Enter also ends the choice of a Chinese input method; that one is not for us.
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
});
$('menu').addEventListener('click', () => setDrawer(!document.body.classList.contains('drawer')));
$('outline').addEventListener('click', (event) => { if (event.target.closest('button') && !WIDE.matches) setDrawer(false); });
$('language').addEventListener('click', () => {
  setLanguage(language === 'zh' ? 'en' : 'zh');
  nameLanguage();
  if (topics !== null) start();
});
$('close').addEventListener('click', closeSource);
$('previous').addEventListener('click', () => turnPage(-1));
$('next').addEventListener('click', () => turnPage(1));
$('zoom').addEventListener('click', () => { $('zoom').ariaPressed = String($('source-body').classList.toggle('large')); });
addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' || $('key').open || event.isComposing) return;
  if (document.body.classList.contains('drawer') && !WIDE.matches) setDrawer(false);
  else closeSource();
});
start();
$('question').focus();
