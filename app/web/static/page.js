// What a page does by itself: menus, quotes on hover, page pictures, keys. Python does the rest.

const WIDE = matchMedia('(min-width: 60rem)');
const YEAR = 31536000;
const $ = (selector, root = document) => root.querySelector(selector);

// Hand something to Python; a page may be clicked before its connection stands.
function send(name, ...values) {
  if (globalThis.did_handshake) globalThis.emitEvent(name, values);
  else setTimeout(send, 50, name, ...values);
}

function keep(name, value) {
  document.cookie = `coursegraph_${name}=${value}; path=/; max-age=${YEAR}; samesite=strict`;
  location.reload();
}

// --- the menu of narrow pages ---------------------------------------------------------------

function setMenu(open) {
  document.body.classList.toggle('menu-open', open);
  const sidebar = $('.sidebar');
  if (sidebar) sidebar.inert = !open && !WIDE.matches;
  for (const button of document.querySelectorAll('[data-menu]')) button.ariaExpanded = String(open);
  if (open) $('.sidebar a')?.focus();
}
WIDE.addEventListener('change', () => setMenu(false));

// --- the chat -------------------------------------------------------------------------------

// A question that the server has not taken yet outlives a reload.
const DRAFT = 'coursegraph.draft';
let busy = false;

function setBusy(on) {
  busy = on;
  document.body.classList.toggle('busy', on);
}

function ask(question) {
  if (busy || !question.trim()) return;
  setBusy(true);
  sessionStorage.setItem(DRAFT, question);
  send('ask', question, $('[data-way]')?.value ?? '');
}

function submit() {
  const box = $('#question');
  if (busy || !box.value.trim()) return;
  ask(box.value);
  box.value = '';
  grow(box);
}

function grow(box) {
  box.style.height = 'auto';
  box.style.height = `${Math.min(box.scrollHeight, innerHeight / 3)}px`;
}

async function copy(text, done, failed) {
  try {
    await navigator.clipboard.writeText(text);
    Quasar.Notify.create({ message: done, timeout: 1500 });
  } catch {
    Quasar.Notify.create({ message: failed, type: 'negative' });
  }
}

function prefetch(pages) {
  for (const [document_id, page] of pages) fetch(address(document_id, page, DPI)).catch(() => {}); // only to be fast
}

// --- the source beside the page ---------------------------------------------------------------

let cameFrom = null;

function openSource() {
  document.body.classList.add('source-open');
  arrive();
}

// What is opened and the panel that shows it may come in either order.
function arrive() {
  if (!document.body.classList.contains('source-open')) return;
  $('.source h2')?.focus({ preventScroll: true });
  $('.source :is(.box, mark)')?.scrollIntoView({ block: 'center', inline: 'nearest' });
}

function closeSource() {
  document.body.classList.remove('source-open');
  if (cameFrom?.isConnected) cameFrom.focus();
  cameFrom = null;
}

const DPI = 120;
const FINE_DPI = 220;
const POINTS = 72;
const address = (id, page, dpi) => `/api/documents/${id}/pages/${page}.png?dpi=${dpi}`;

// A page with boxes around what was cited; its file comes from the same interface as everyone's.
customElements.define('page-picture', class extends HTMLElement {
  connectedCallback() {
    this.page = Number(this.getAttribute('page'));
    this.pages = Number(this.getAttribute('pages'));
    this.boxes = JSON.parse(this.getAttribute('boxes'));
    this.zoom = 1;
    this.show();
  }

  get bar() { return this.closest('source-view'); }

  turn(step) {
    const page = this.page + step;
    if (page < 1 || page > this.pages) return;
    this.page = page;
    this.show();
  }

  enlarge(step) {
    this.zoom = Math.min(3, Math.max(0.5, this.zoom + step * 0.25));
    this.style.setProperty('--zoom', this.zoom);
    if (this.zoom > 1.25 && this.dpi < FINE_DPI) this.show();
  }

  async show() {
    const page = this.page;
    this.tell();
    this.dpi = this.zoom > 1.25 ? FINE_DPI : DPI;
    const image = new Image();
    image.alt = this.getAttribute('label').replace('%page%', page);
    image.src = address(this.getAttribute('document'), page, this.dpi);
    try {
      await image.decode();
    } catch {
      if (page === this.page) this.fail(await this.reason(image.src));
      return;
    }
    if (page !== this.page) return;
    const figure = document.createElement('figure');
    figure.append(image, ...this.marks(image));
    this.replaceChildren(figure);
    this.dataset.shown = page;
    $('.box', figure)?.scrollIntoView({ block: 'center' });
  }

  marks(image) {
    const share = (points, pixels) => `${(points * this.dpi / POINTS / pixels) * 100}%`;
    return this.boxes.filter((box) => box.page === this.page).map((box) => {
      const mark = document.createElement('span');
      mark.className = 'box';
      mark.style.left = share(box.x0, image.naturalWidth);
      mark.style.top = share(box.y0, image.naturalHeight);
      mark.style.width = share(box.x1 - box.x0, image.naturalWidth);
      mark.style.height = share(box.y1 - box.y0, image.naturalHeight);
      return mark;
    });
  }

  tell() {
    const [back, on] = this.bar.querySelectorAll('[data-turn]');
    back.disabled = this.page <= 1;
    on.disabled = this.page >= this.pages;
    $('output', this.bar).textContent = `${this.page} / ${this.pages}`;
  }

  async reason(src) {
    try {
      const { error } = await (await fetch(src)).json();
      return [error.message, error.hint];
    } catch {
      return [$('#popup span')?.textContent ?? ''];
    }
  }

  fail(words) {
    const box = document.createElement('div');
    box.className = 'error';
    box.role = 'alert';
    box.append(...words.filter(Boolean).map((text) => Object.assign(document.createElement('p'), { textContent: text })));
    this.replaceChildren(box);
  }
});

customElements.define('source-view', class extends HTMLElement {
  connectedCallback() {
    if (this.closest('.source')) requestAnimationFrame(arrive);
  }
});

// Diagrams are drawn when they come into view; the library is large and comes with the first one.
let drawn = 0;
const inView = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) target.draw();
});
customElements.define('mermaid-diagram', class extends HTMLElement {
  connectedCallback() { inView.observe(this); }

  disconnectedCallback() { inView.unobserve(this); }

  async draw() {
    inView.unobserve(this);
    const source = $('pre', this)?.textContent;
    if (!source) return;
    const { mermaid } = await import('nicegui-mermaid');
    const dark = document.body.classList.contains('body--dark');
    mermaid.initialize({ startOnLoad: false, securityLevel: 'strict', theme: dark ? 'dark' : 'neutral' });
    drawn += 1;
    try {
      const { svg } = await mermaid.render(`diagram-${drawn}`, source);
      this.innerHTML = svg;
    } catch {
      document.getElementById(`ddiagram-${drawn}`)?.remove(); // what can't be drawn stays as it was written
    }
  }
});

// --- the library ------------------------------------------------------------------------------

const POLL_MS = 400;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// A line that says how far something is.
function jobLine(name) {
  const line = document.createElement('li');
  const title = Object.assign(document.createElement('b'), { textContent: name });
  const state = document.createElement('span');
  const more = Object.assign(document.createElement('small'), { className: 'aside' });
  line.append(title, state, more);
  $('[data-jobs]').prepend(line);
  const words = JSON.parse($('[data-jobs]').dataset.words);
  return (kind, text = '') => {
    line.className = kind;
    state.textContent = words[kind];
    more.textContent = text;
  };
}

async function follow(id, name, say = jobLine(name)) {
  for (;;) {
    const response = await fetch(`/api/jobs/${id}`).catch(() => null);
    if (response && !response.ok) return say('lost');
    const job = response ? await response.json() : { state: 'running', progress: '' };
    if (!['queued', 'running'].includes(job.state)) {
      const troubled = (job.report?.files ?? []).filter((file) => file.reason);
      const told = troubled.map((file) => [file.reason, file.hint].filter(Boolean).join(' ')).join(' · ');
      say(troubled.length && job.state === 'done' ? 'partial' : job.state, told || job.error || '');
      return send('refresh');
    }
    say(job.state, job.progress);
    await pause(POLL_MS);
  }
}

async function upload(file) {
  const say = jobLine(file.name);
  say('uploading');
  const body = new FormData();
  body.append('file', file);
  try {
    const response = await fetch('/api/documents', { method: 'POST', body });
    const answer = await response.json();
    if (!response.ok) return say('failed', `${answer.error.message} ${answer.error.hint}`);
    return await follow(answer.id, file.name, say);
  } catch (error) {
    return say('failed', error.message);
  }
}

for (const name of ['dragover', 'dragleave', 'drop']) {
  document.addEventListener(name, (event) => {
    const area = $('[data-drop]');
    if (!area) return;
    event.preventDefault();
    area.classList.toggle('over', name === 'dragover');
    if (name === 'drop') for (const file of event.dataTransfer.files) upload(file);
  });
}

// --- lessons: what is done is kept here -------------------------------------------------------

const kept = (name) => JSON.parse(localStorage.getItem(`coursegraph.${name}`) ?? '{}');
const keepHere = (name, value) => localStorage.setItem(`coursegraph.${name}`, JSON.stringify(value));

function showDone() {
  const done = kept('done');
  for (const box of document.querySelectorAll('[data-done]')) box.checked = Boolean(done[box.dataset.done]);
  for (const outline of document.querySelectorAll('.outline')) {
    const boxes = [...outline.querySelectorAll('[data-done]')];
    const count = boxes.filter((box) => box.checked).length;
    const line = $('.progress', outline);
    $('progress', line).value = boxes.length ? count / boxes.length : 0;
    $('span', line).textContent = line.dataset.progressWords.replace('%done%', count).replace('%count%', boxes.length);
  }
}

function setDone(box) {
  const done = kept('done');
  if (box.checked) done[box.dataset.done] = Date.now();
  else delete done[box.dataset.done];
  keepHere('done', done);
  showDone();
}

// --- practice: what went wrong comes back sooner ----------------------------------------------

const DAYS = [0, 1, 3, 7, 16, 35]; // until a question comes again, by how often it went well in a row
const DAY = 86400000;
let skipped = new Set();

const practice = () => $('[data-practice]');
const questions = () => JSON.parse(practice().dataset.practice);

// Those due first, what went wrong before what is new; then nothing until tomorrow.
function nextQuestion(anyway = false) {
  const cards = kept('cards');
  const now = Date.now();
  const open = questions().filter((id) => !skipped.has(id));
  const due = open.filter((id) => cards[id] && cards[id].due <= now).sort((one, other) => cards[one].due - cards[other].due);
  const fresh = open.filter((id) => !cards[id]);
  const later = open.filter((id) => cards[id] && cards[id].due > now).sort((one, other) => cards[one].due - cards[other].due);
  return [...due, ...fresh, ...(anyway ? later : [])][0];
}

function practise(anyway = false) {
  const words = JSON.parse(practice().dataset.words);
  const cards = kept('cards');
  const ids = questions();
  const due = ids.filter((id) => !cards[id] || cards[id].due <= Date.now());
  const wrong = ids.filter((id) => cards[id]?.wrong);
  const line = $('[data-due]');
  line.textContent = words.due.replace('%due%', due.length).replace('%count%', ids.length);
  $('[data-wrong]').href = `/practice/anki.txt?only=${wrong.join(',') || 'none'}`;
  const id = nextQuestion(anyway);
  if (!id) {
    const next = Math.min(...ids.filter((one) => cards[one]).map((one) => cards[one].due));
    const date = new Date(next).toLocaleDateString(document.documentElement.lang);
    const more = Object.assign(document.createElement('button'), { type: 'button', textContent: words.anyway });
    more.dataset.anyway = '';
    line.replaceChildren(words.done, ' ', Number.isFinite(next) ? words.next.replace('%date%', date) : '', ' ', more);
  }
  send('show', id ?? '');
}

function grade(well) {
  const { card } = $('[data-card]').dataset;
  const cards = kept('cards');
  const streak = well ? Math.min((cards[card]?.streak ?? 0) + 1, DAYS.length - 1) : 0;
  // What went wrong comes again today, after the others.
  cards[card] = { streak, wrong: !well, due: Date.now() + (DAYS[streak] * DAY || 60000) };
  keepHere('cards', cards);
  practise();
}

// --- quotes on hover and focus ----------------------------------------------------------------

const card = document.createElement('div');
card.className = 'card-quote';
card.hidden = true;
document.body.append(card);

function showCard(marker) {
  const quote = document.getElementById(marker.getAttribute('aria-describedby'));
  if (!quote) return;
  card.replaceChildren(...[...quote.childNodes].map((node) => node.cloneNode(true)));
  card.hidden = false;
  const place = marker.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const left = Math.max(8, Math.min(place.left, innerWidth - width - 8));
  const below = place.bottom + height + 12 < innerHeight;
  card.style.left = `${left}px`;
  card.style.top = `${below ? place.bottom + 6 : Math.max(8, place.top - height - 6)}px`;
}
const hideCard = () => { card.hidden = true; };

for (const [name, act] of [['mouseover', showCard], ['focusin', showCard], ['mouseout', hideCard], ['focusout', hideCard]]) {
  document.addEventListener(name, (event) => {
    const marker = event.target.closest?.('.cite');
    if (marker) act(marker);
  });
}
document.addEventListener('scroll', hideCard, true);

// --- clicks, keys, forms ----------------------------------------------------------------------

const CLICKS = {
  menu: () => setMenu(!document.body.classList.contains('menu-open')),
  language: (value) => keep('language', value),
  ask: (value) => ask(value),
  stop: () => send('stop'),
  relation: (value, line) => { cameFrom = line; send('relation', value); },
  cite: (value, button) => { cameFrom = button; hideCard(); send('cite', ...value.split(':')); },
  copy: (value) => send('copy', value),
  rename: (value) => send('rename', value),
  delete: (value) => send('delete', value),
  again: (value) => send('again', value),
  remove: (value) => send('remove', value),
  grade: (value) => grade(value === 'well'),
  skip: () => { skipped.add($('[data-card]').dataset.card); practise(); },
  anyway: () => { skipped = new Set(); practise(true); },
  closeSource: () => closeSource(),
  turn: (value, button) => $('page-picture', button.closest('source-view'))?.turn(Number(value)),
  zoom: (value, button) => $('page-picture', button.closest('source-view'))?.enlarge(Number(value)),
};

document.addEventListener('click', (event) => {
  const target = event.target;
  const button = target.closest('button, [role=button]');
  for (const [name, act] of button ? Object.entries(CLICKS) : []) {
    if (name in button.dataset) act(button.dataset[name], button);
  }
  for (const menu of document.querySelectorAll('details.menu[open]')) {
    if (!menu.contains(target) || target.closest('.menu div')) menu.open = false;
  }
  if (document.body.classList.contains('menu-open') && !target.closest('.sidebar, [data-menu]')) setMenu(false);
});

// A menu near the end of its list must not open out of sight.
document.addEventListener('toggle', ({ target }) => {
  if (target.open && target.matches('details.menu')) $('div', target).scrollIntoView({ block: 'nearest' });
}, true);

document.addEventListener('change', (event) => {
  const { dataset, value, files, form } = event.target;
  if ('themeChoice' in dataset) keep('theme', value);
  if ('submit' in dataset && (form.q.value || dataset.submit)) form.submit();
  if ('done' in dataset) setDone(event.target);
  if ('choose' in dataset) form.submit();
  if ('files' in dataset) for (const file of files) upload(file);
});

document.addEventListener('submit', (event) => {
  if ('answer' in event.target.dataset) {
    event.preventDefault();
    send('check', $('[data-card]').dataset.card, $('#answer').value);
  } else if ('composer' in event.target.dataset) {
    event.preventDefault();
    submit();
  }
});

document.addEventListener('input', ({ target }) => {
  if (target.id === 'question') grow(target);
  if (!('filter' in target.dataset)) return;
  const wanted = target.value.trim().toLowerCase();
  for (const row of document.querySelectorAll(target.dataset.filter)) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});

document.addEventListener('keydown', (event) => {
  if (event.isComposing) return; // Enter also ends the choice of a Chinese input method
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  if (event.key === 'Enter' && !event.shiftKey && event.target.id === 'question') {
    event.preventDefault();
    submit();
  } else if (['Enter', ' '].includes(event.key) && event.target.matches('g[role=button]')) {
    event.preventDefault();
    event.target.dispatchEvent(new MouseEvent('click', { bubbles: true }));
  } else if (event.key === '/' && !typing && $('#question')) {
    event.preventDefault();
    $('#question').focus();
  } else if (event.key === 'Escape') {
    hideCard();
    if (document.body.classList.contains('menu-open')) setMenu(false);
    else if (document.body.classList.contains('source-open')) closeSource();
  }
});

function start() {
  setMenu(false);
  const picture = $('.graph-picture');
  if (picture) picture.scrollTo((picture.scrollWidth - picture.clientWidth) / 2, (picture.scrollHeight - picture.clientHeight) / 2);
  showDone();
  if (practice()) practise();
  const box = $('#question');
  if (!box) return;
  box.value ||= sessionStorage.getItem(DRAFT) ?? '';
  grow(box);
  if (WIDE.matches) box.focus();
}

// A new question stands at the top; its answer grows below it.
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (node.nodeType !== 1) continue;
      if (busy && node.matches('.turn')) {
        sessionStorage.removeItem(DRAFT);
        node.scrollIntoView({ block: 'start' });
      } else if (node.matches('.frame, .outline') || node.querySelector('.frame, .outline, .graph-picture')) start();
    }
  }
}).observe(document.body, { childList: true, subtree: true });

globalThis.coursegraph = { openSource, closeSource, prefetch, copy, follow, idle: () => { setBusy(false); if (WIDE.matches) $('#question')?.focus({ preventScroll: true }); } };
