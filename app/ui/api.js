// The HTTP API: the key, errors as the server words them, server-sent events.

const STORED = 'coursegraph.key';

export class ApiError extends Error {
  constructor({ code, message, hint }) {
    super(message);
    this.code = code;
    this.hint = hint;
  }
}

export class Offline extends Error {}

let key = sessionStorage.getItem(STORED);
let asking = null;
let askForKey = () => Promise.resolve(null);

// `ask` shows a dialog and resolves to a key, or to null when the reader gave none.
export function onUnauthorized(ask) {
  askForKey = ask;
}

export async function request(path, options = {}) {
  const used = key;
  const response = await send(path, options);
  if (response.status !== 401) return checked(response);
  // Requests that fail together share one dialog; one that failed with an older key just repeats.
  if (used === key) {
    asking ??= askForKey().finally(() => { asking = null; });
    const given = await asking;
    if (given === null) return checked(response);
    key = given;
    sessionStorage.setItem(STORED, key);
  }
  return request(path, options);
}

export const json = async (path) => (await request(path)).json();

const network = (waiting) => waiting.catch((error) => {
  throw error.name === 'AbortError' ? error : new Offline(error.message);
});

async function send(path, options) {
  const headers = { ...options.headers, ...(key && { Authorization: `Bearer ${key}` }) };
  return network(fetch(path, { ...options, headers }));
}

async function checked(response) {
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(body?.error ?? { code: null, message: `HTTP ${response.status}`, hint: '' });
}

const post = (path, body, signal) => request(path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
  signal,
});

export const beginConversation = async () => (await (await post('/api/conversations', {})).json()).id;

// Yields [event, data] as they arrive.
export async function* ask(question, conversation, signal) {
  const response = await post('/api/ask', { question, conversation_id: conversation, stream: true }, signal);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await network(reader.read());
    if (done) return;
    const events = (text + value.replaceAll('\r', '')).split('\n\n');
    text = events.pop();
    for (const event of events) {
      const fields = event.split('\n').map((line) => line.match(/^(\w+): ?(.*)$/) ?? []);
      const data = fields.filter(([, name]) => name === 'data').map(([, , words]) => words);
      const name = fields.find(([, field]) => field === 'event')?.[2] ?? 'message';
      if (data.length) yield [name, JSON.parse(data.join('\n'))];
    }
  }
}
