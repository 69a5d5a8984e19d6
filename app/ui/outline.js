// The drawer: every outline with what is there and what is missing, then the other documents.

import { json } from './api.js';
import { $, el, t } from './dom.js';
import { openSource } from './source.js';

const MOST_EXAMPLES = 3;

// Fills the drawer; returns titles for example questions, spread over what is there.
export async function showOutline() {
  const [outlines, documents] = await Promise.all([json('/api/lessons'), json('/api/documents')]);
  const listed = new Set(outlines.flatMap((outline) => [outline.document_id, ...outline.lessons.map((lesson) => lesson.document_id)]));
  // The outline nearest to the top of the course comes first.
  outlines.sort((one, other) => one.document.split('/').length - other.document.split('/').length);
  const others = documents.filter((document) => !listed.has(document.id));
  const catalogues = new Set(outlines.map((outline) => outline.document_id));
  const present = outlines.flatMap((outline) => outline.lessons).filter((lesson) => lesson.document_id && !catalogues.has(lesson.document_id));
  const lessons = [...new Map(present.map((lesson) => [lesson.document_id, lesson])).values()];
  $('outline').replaceChildren(
    ...outlines.map((outline, index) => outlineNode(outline, index === 0)),
    ...(others.length ? [fold(t('others'), others.length, [el('ul', {}, ...others.map(documentNode))], !outlines.length)] : []),
  );
  const usable = lessons.length ? lessons : others.filter((document) => document.state === 'indexed');
  const count = Math.min(MOST_EXAMPLES, usable.length);
  return Array.from({ length: count }, (_, i) => bare(usable[Math.floor((i * usable.length) / count)].title));
}

// "第01课：…" and "Lesson 1: …" number a title; the topic comes after.
const bare = (title) => title.replace(/^[^:：]{0,12}\d[^:：]{0,4}[:：]\s*/, '');

function outlineNode(outline, open) {
  const groups = new Map();
  for (const lesson of outline.lessons) {
    const name = lesson.group.at(-1) ?? '';
    groups.set(name, [...(groups.get(name) ?? []), lesson]);
  }
  const there = (lessons) => lessons.filter((lesson) => lesson.document_id).length;
  const most = Math.max(1, ...[...groups.values()].map(there));
  const nodes = [...groups].map(([name, lessons]) => {
    const list = el('ul', {}, ...lessons.map(lessonNode));
    return name ? fold(name, `${there(lessons)}/${lessons.length}`, [list], there(lessons) === most) : list;
  });
  const { length } = outline.lessons;
  return fold(outline.title, `${length - outline.missing}/${length}`, nodes, open);
}

function fold(name, count, nodes, open) {
  return el('details', { open: open ? '' : null }, el('summary', {}, name, ' ', el('small', {}, String(count))), ...nodes);
}

function lessonNode(lesson) {
  if (!lesson.document_id) return el('li', { class: 'missing', title: lesson.target }, lesson.title, ' ', el('small', { 'data-text': 'missing' }));
  return el('li', {}, opening(lesson.document_id, lesson.title, lesson.description));
}

function documentNode(document) {
  if (document.state === 'indexed' || document.state === 'stale') return el('li', {}, opening(document.id, document.title, document.document));
  return el('li', { class: 'missing', title: document.reason }, document.title, ' ', el('small', {}, document.state));
}

function opening(id, title, hint) {
  return el('button', { class: 'quiet', title: hint || null, onclick: () => openSource({ document_id: id, title }) }, title);
}
