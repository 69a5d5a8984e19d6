// Nodes and words. Text from documents only ever becomes text nodes.

const WORDS = {
  zh: {
    outline: '课程大纲', conversation: '对话', question: '问一个课程里的问题', send: '提问', stop: '停止',
    previous: '上一页', next: '下一页', zoom: '放大页面', close: '关闭出处', source: '出处内容',
    offline: '连不上服务，正在重试…', key: '这个服务需要 API 密钥', ok: '确定', searching: '正在查找…',
    stopped: '已停止。', sources: '出处', nearest: '最接近的地方', missing: '缺', others: '其他文档',
    welcome: '向课程提问', about: '每句回答都标着出处，点 [1] 可以看原文。材料里没有的，会直接说没有。',
    empty: '还没有索引任何材料。先在终端运行：', then: '完成后刷新这个页面。', example: '「{0}」讲了什么？',
    place: '{0}，第 {1} 页', page: '第 {0} 页', broken: '回答没有传完。', again: '请再问一次。',
    unplaced: '下面的原文里没有找到这段引文：', loading: '正在打开…', unsupported: '这一句没有出处支持',
    recognized: '文字识别自图片', understood: '理解为：{0}', gone: '这份资料已经不在索引里了。当时引用的是：',
  },
  en: {
    outline: 'Course outline', conversation: 'Conversation', question: 'Ask about the course', send: 'Ask', stop: 'Stop',
    previous: 'Previous page', next: 'Next page', zoom: 'Enlarge the page', close: 'Close the source', source: 'Source text',
    offline: 'The server does not answer; trying again…', key: 'This server needs an API key', ok: 'OK', searching: 'Searching…',
    stopped: 'Stopped.', sources: 'Sources', nearest: 'Nearest places', missing: 'missing', others: 'Other documents',
    welcome: 'Ask your course material', about: 'Every sentence names its source: press [1] to read the original. What the material does not say, it says so.',
    empty: 'Nothing is indexed yet. Run this in a terminal first:', then: 'Then reload this page.', example: 'What does “{0}” cover?',
    place: '{0}, page {1}', page: 'page {0}', broken: 'The answer broke off.', again: 'Ask again.',
    unplaced: 'This quote was not found in the text below:', loading: 'Opening…', unsupported: 'No source supports this sentence',
    recognized: 'text recognised in a picture', understood: 'Understood as: {0}',
    gone: 'This document is no longer indexed. What was cited then:',
  },
};
const STORED = 'coursegraph.language';

export let language = localStorage.getItem(STORED)
  ?? (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');

export function setLanguage(chosen) {
  language = chosen;
  localStorage.setItem(STORED, chosen);
  translate(document);
}

export function t(key, ...values) {
  return WORDS[language][key].replace(/\{(\d)\}/g, (_, index) => values[index]);
}

// Words that stay on the page carry their key, so that switching the language reaches them.
export function translate(root) {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en';
  for (const node of root.querySelectorAll('[data-text]')) node.textContent = t(node.dataset.text);
  for (const node of root.querySelectorAll('[data-label]')) {
    node.ariaLabel = t(node.dataset.label);
    if (node.matches('button')) node.title = node.ariaLabel;
  }
  for (const node of root.querySelectorAll('[data-placeholder]')) node.placeholder = t(node.dataset.placeholder);
}

// el('button', {class: 'x', onclick: f}, 'words', node): attribute names are ours, never data.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  if (attributes['data-text']) node.textContent = t(attributes['data-text']);
  node.append(...children.filter((child) => child !== null));
  return node;
}

export const $ = (id) => document.getElementById(id);
