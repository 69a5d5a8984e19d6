// Parses formulas with KaTeX and diagrams with Mermaid.
// In: {"name": {"formulas": [...], "diagrams": [...]}} on stdin; out: {"name": [error, ...]}.
import { readFileSync } from 'node:fs';
import { JSDOM } from 'jsdom';
import katex from 'katex';

const { window } = new JSDOM('');
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import('mermaid');

const errors = {};
for (const [name, { formulas, diagrams }] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
  errors[name] = [];
  for (const formula of formulas) {
    try {
      katex.renderToString(formula, { throwOnError: true, strict: 'ignore', displayMode: true });
    } catch (error) {
      errors[name].push(`${error.message} in ${formula}`);
    }
  }
  for (const diagram of diagrams) {
    try {
      await mermaid.parse(diagram);
    } catch (error) {
      errors[name].push(`${error.message} in ${diagram}`);
    }
  }
}
console.log(JSON.stringify(errors));
