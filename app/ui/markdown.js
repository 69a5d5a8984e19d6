// Markdown to DOM nodes, without ever parsing markup as HTML: documents are untrusted.
// Every piece keeps its place in the source, so that a quote can be marked in a rendered note.

import { el } from './dom.js';

const FENCE = /^\s*(`{3,}|~{3,})([^`]*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(?=\S)/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+(?=\S)/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const RULER = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;
const DISPLAY = /^\s*\$\$/;
const INLINE = new RegExp([
  '\\\\(?<escaped>[!-/:-@[-`{-~])',
  '(?<tick>`{1,3})(?<code>[^`\\n]{1,2000}?)\\k<tick>(?!`)',
  '(?<math>\\$\\$[^$]{1,2000}\\$\\$|\\$(?![\\s$])(?:[^$\\\\\\n]|\\\\.){1,500}\\$(?!\\d))',
  '!?\\[(?<words>[^\\[\\]\\n]{0,500})\\]\\((?<target>[^()\\s]{0,2000})\\)',
  '(?<stars>\\*\\*|__)(?=\\S)(?<bold>[^\\n]{0,1000}?\\S)\\k<stars>',
  '\\*(?=[^\\s*])(?<slant>[^*\\n]{0,500}?\\S)\\*(?!\\*)',
  '(?<line><br\\s*/?>)',
].join('|'), 'gid');
const HAN = '[\\u3000-\\u9fff\\uff00-\\uffef]';
const WRAPPED = new RegExp(`(?<=${HAN})\\n\\s*(?=${HAN})`, 'g');

export const isBlock = (text) => /^\s*(?:`{3}|~{3}|\$\$)/m.test(text) || text.split('\n').some((line, i) => i && isRuler(line));

export function renderBlocks(source, marks = []) {
  const root = document.createDocumentFragment();
  let start = 0;
  const lines = source.split('\n').map((text) => {
    const line = { start, end: start + text.length };
    start = line.end + 1;
    return line;
  });
  new Renderer(source, marks).blocks(root, lines);
  return root;
}

export function renderInline(parent, source) {
  new Renderer(source, []).inline(parent, 0, source.length);
}

// Puts the text of a range into a node, the marked parts within <mark>.
export function putText(parent, source, start, end, marks, shown = (text) => text) {
  for (const [from, to] of marks) {
    if (to <= start || from >= end) continue;
    if (from > start) parent.append(shown(source.slice(start, from)));
    const low = Math.max(from, start);
    start = Math.min(to, end);
    parent.append(el('mark', {}, shown(source.slice(low, start))));
  }
  if (start < end) parent.append(shown(source.slice(start, end)));
}

const isStart = (text) => !text.trim() || [FENCE, HEADING, QUOTE, ITEM, DISPLAY].some((start) => start.test(text));
const isRuler = (text) => text.includes('|') && RULER.test(text);
const unwrap = (text) => text.replace(WRAPPED, '');

class Renderer {
  constructor(source, marks) {
    this.source = source;
    this.marks = marks;
  }

  text(line) {
    return this.source.slice(line.start, line.end);
  }

  blocks(parent, lines) {
    for (let at = 0; at < lines.length;) at = this.block(parent, lines, at);
  }

  // Renders the block that begins at a line; returns the line after it.
  block(parent, lines, at) {
    const text = this.text(lines[at]);
    const next = (test, from = at + 1) => {
      const found = lines.findIndex((line, index) => index >= from && test(this.text(line)));
      return found < 0 ? lines.length : found;
    };
    if (!text.trim()) return at + 1;
    const fence = text.match(FENCE)?.[1];
    if (fence) {
      const close = next((line) => line.trim().startsWith(fence) && !line.trim().slice(fence.length).replaceAll(fence[0], ''));
      this.verbatim(parent, 'pre', lines.slice(at + 1, close));
      return close + 1;
    }
    if (DISPLAY.test(text)) {
      const closed = text.trim().length > 4 && text.trim().endsWith('$$');
      const close = closed ? at : next((line) => line.trimEnd().endsWith('$$'));
      this.verbatim(parent, 'pre', lines.slice(at, close + 1)).className = 'math';
      return close + 1;
    }
    const heading = text.match(HEADING);
    if (heading) {
      const node = el(`h${Math.min(6, heading[1].length + 2)}`);
      this.inline(node, lines[at].start + heading[0].length, lines[at].end);
      parent.append(node);
      return at + 1;
    }
    if (RULE.test(text)) {
      parent.append(el('hr'));
      return at + 1;
    }
    if (QUOTE.test(text)) {
      const close = next((line) => !QUOTE.test(line));
      const node = el('blockquote');
      this.blocks(node, lines.slice(at, close).map((line) => this.without(line, QUOTE)));
      parent.append(node);
      return close;
    }
    if (ITEM.test(text)) return this.list(parent, lines, at);
    if (text.includes('|') && at + 1 < lines.length && isRuler(this.text(lines[at + 1]))) {
      const close = next((line) => !line.includes('|'), at + 2);
      this.table(parent, [lines[at], ...lines.slice(at + 2, close)]);
      return close;
    }
    const close = next(isStart);
    this.paragraph(parent, lines.slice(at, close));
    return close;
  }

  without(line, prefix) {
    return { start: line.start + this.text(line).match(prefix)[0].length, end: line.end };
  }

  verbatim(parent, tag, lines) {
    const node = el(tag, { tabindex: 0 });
    lines.forEach((line, index) => putText(node, this.source, line.start, line.end + (index < lines.length - 1), this.marks));
    parent.append(node);
    return node;
  }

  // Items in a row are one flat list; how far they are indented and their numbers are shown.
  list(parent, lines, at) {
    const list = el('ul');
    while (at < lines.length && ITEM.test(this.text(lines[at]))) {
      const [lead, indent, marker] = this.text(lines[at]).match(ITEM);
      const level = Math.min(3, Math.floor(indent.length / 2));
      const item = el('li', { class: `level${level}`, 'data-marker': /\d/.test(marker) ? marker : '•' });
      const first = lines[at].start + lead.length;
      at += 1;
      while (at < lines.length && !isStart(this.text(lines[at]))) at += 1;
      this.inline(item, first, lines[at - 1].end);
      list.append(item);
      const filled = lines.findIndex((line, index) => index >= at && this.text(line).trim());
      if (filled > at && ITEM.test(this.text(lines[filled]))) at = filled;
    }
    parent.append(list);
    return at;
  }

  table(parent, rows) {
    const table = el('table');
    rows.forEach((row, index) => {
      const line = el('tr');
      const text = this.text(row);
      const edges = [...text.matchAll(/(?<!\\)\|/g)].map((found) => found.index);
      if (text.slice(0, edges[0]).trim()) edges.unshift(-1);
      if (text.slice(edges.at(-1) + 1).trim()) edges.push(text.length);
      for (let cell = 0; cell + 1 < edges.length; cell += 1) {
        const node = el(index ? 'td' : 'th');
        this.inline(node, row.start + edges[cell] + 1, row.start + edges[cell + 1]);
        line.append(node);
      }
      table.append(line);
    });
    parent.append(el('div', { class: 'wide', tabindex: 0 }, table));
  }

  paragraph(parent, lines) {
    const node = el('p');
    for (let at = 0; at < lines.length;) {
      // Lines that touch are one range, so that markup may span them.
      let last = at;
      while (last + 1 < lines.length && lines[last + 1].start === lines[last].end + 1) last += 1;
      if (at) node.append('\n');
      this.inline(node, lines[at].start, lines[last].end);
      at = last + 1;
    }
    parent.append(node);
  }

  inline(parent, start, end) {
    const text = this.source.slice(start, end);
    let position = 0;
    const put = (node, from, to) => putText(node, this.source, start + from, start + to, this.marks, unwrap);
    for (const found of text.matchAll(INLINE)) {
      const { groups, indices } = found;
      put(parent, position, found.index);
      position = found.index + found[0].length;
      const nest = (tag, name, attributes) => {
        const node = el(tag, attributes);
        const [from, to] = indices.groups[name];
        if (tag === 'code' || tag === 'span') put(node, from, to);
        else this.inline(node, start + from, start + to);
        parent.append(node);
      };
      if (groups.escaped) put(parent, ...indices.groups.escaped);
      else if (groups.code) nest('code', 'code');
      else if (groups.math) nest('span', 'math', { class: 'math' });
      else if (groups.bold) nest('strong', 'bold');
      else if (groups.slant) nest('em', 'slant');
      else if (groups.line) parent.append(el('br'));
      else if (/^https?:\/\//i.test(groups.target) && found[0][0] === '[') {
        nest('a', 'words', { href: groups.target, target: '_blank', rel: 'noopener noreferrer' });
      } else nest('span', 'words');
    }
    put(parent, position, text.length);
  }
}
