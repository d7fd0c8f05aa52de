// Typesets formulas: reads {macros, formulas: [[tex, display], ...]} from stdin, writes {base, formulas: [...]} to stdout.
// A formula becomes {html, mathml, rules, glyphs} or {error}. `base` holds the CSS rules that every page needs, `rules` those
// that this formula adds, `glyphs` the characters it takes from each font, so that a cached formula brings all it needs.
import { text as readAll } from 'node:stream/consumers';
import { mathjax } from '@mathjax/src/mjs/mathjax.js';
import { TeX } from '@mathjax/src/mjs/input/tex.js';
import TexError from '@mathjax/src/mjs/input/tex/TexError.js';
import { CHTML } from '@mathjax/src/mjs/output/chtml.js';
import { liteAdaptor } from '@mathjax/src/mjs/adaptors/liteAdaptor.js';
import { RegisterHTMLHandler } from '@mathjax/src/mjs/handlers/html.js';
import { SerializedMmlVisitor } from '@mathjax/src/mjs/core/MmlTree/SerializedMmlVisitor.js';
import { StyleJsonSheet } from '@mathjax/src/mjs/util/StyleJson.js';
import '@mathjax/src/mjs/util/asyncLoad/esm.js';
import '@mathjax/src/mjs/input/tex/ams/AmsConfiguration.js';
import '@mathjax/src/mjs/input/tex/boldsymbol/BoldsymbolConfiguration.js';
import '@mathjax/src/mjs/input/tex/cancel/CancelConfiguration.js';
import '@mathjax/src/mjs/input/tex/color/ColorConfiguration.js';
import '@mathjax/src/mjs/input/tex/configmacros/ConfigMacrosConfiguration.js';
import '@mathjax/src/mjs/input/tex/mathtools/MathtoolsConfiguration.js';
import '@mathjax/src/mjs/input/tex/textmacros/TextMacrosConfiguration.js';

// no `newcommand`: a macro that one page defines would be undefined, or another, on the next
const PACKAGES = ['base', 'ams', 'boldsymbol', 'cancel', 'color', 'configmacros', 'mathtools', 'textmacros'];

// In em: what certainly fits beside a 320 px phone's margins, also within a box or a list.
const NARROW = 12;

// In em: what no reader wants to see on two lines, d - 1 or u = 0.5.
const SHORT = 6;

// Where a line of text may break in a formula.
const NOWHERE = 0;
const BETWEEN_TERMS = 1; // not in brackets, and not at the thin space of a product
const ANYWHERE = 2; // also behind commas

// CHTML that remembers how wide the parts of a formula are that no line break can split.
class MeasuringCHTML extends CHTML {

  markInlineBreak(marked, force, linebreak, node, child, mo = null) {
    const isInTerm = isThinSpace(child) || isInBrackets(node, child);
    const isForbidden = this.breaks === NOWHERE || (this.breaks === BETWEEN_TERMS && isInTerm);
    return isForbidden && linebreak === 'auto' ? marked : super.markInlineBreak(marked, force, linebreak, node, child, mo);
  }

  processMath(wrapper, parent) {
    super.processMath(wrapper, parent);
    const { w, d, pwidth } = wrapper.getOuterBBox();
    this.depth = d;
    if (pwidth) this.parts = [Infinity]; // as wide as the page, because it has a number in the margin
    else this.parts = this.math.display ? [w] : segments(wrapper.childNodes);
  }
}

const isThinSpace = (node) => node.isKind('mspace') && parseFloat(node.attributes.get('width')) < 0.5;

function isInBrackets(row, child) {
  let depth = 0;
  for (const node of row.childNodes.slice(0, row.childNodes.indexOf(child))) {
    const text = node.isEmbellished ? node.coreMO().getText() : '';
    if (/^[([{⟨⌈⌊]$/.test(text)) depth += 1;
    if (/^[)\]}⟩⌉⌋]$/.test(text)) depth -= 1;
  }
  return depth > 0;
}

function segments(wrappers, widths = [0]) {
  for (const wrapper of wrappers) {
    const { node } = wrapper;
    if (node.isInferred || node.getProperty('inline-breaks')) {
      segments(wrapper.childNodes, widths);
      continue;
    }
    const { w, L, R } = wrapper.getOuterBBox();
    if (node.getProperty('breakable')) widths.push(0);
    widths[widths.length - 1] += w + L + R;
  }
  return widths;
}

class ReadableMathML extends SerializedMmlVisitor {
  toEntity(character) {
    return character;
  }
  getAttributeList(node) {
    const attributes = super.getAttributeList(node);
    for (const name of Object.keys(attributes)) {
      if (name.startsWith('data-') || name === 'xmlns' || name.startsWith('linebreak')) delete attributes[name];
    }
    return attributes;
  }
}

const { macros, formulas } = JSON.parse(await readAll(process.stdin));
const adaptor = liteAdaptor();
RegisterHTMLHandler(adaptor);
const tex = new TeX({ packages: PACKAGES, macros, formatError: (_, error) => { throw error; } });
const chtml = new MeasuringCHTML({ adaptiveCSS: true, matchFontHeight: false, fontURL: '' });
const page = mathjax.document('', { InputJax: tex, OutputJax: chtml });
const mathml = new ReadableMathML();

let root;
tex.postFilters.add(({ data }) => {
  root = data.root;
  root.walkTree((node) => node.attributes?.unset('data-latex'));
  if (chtml.breaks !== ANYWHERE) return;
  root.walkTree((node) => {
    if (node.isKind('mo') && /^[,;]$/.test(node.getText())) {
      node.attributes.setList({ linebreak: 'goodbreak', linebreakstyle: 'after' });
    }
  });
});

const minified = (sheet) => sheet.getStyleRules().map((rule) =>
  rule.replace(/\/\*.*?\*\//g, '').replace(/\s*([{}:;,>])\s+/g, '$1').replace(/\s+\{/g, '{').replace(/;\}/g, '}').trim());

// Everything that has CSS of its own: kinds of element, characters, delimiters that stretch.
const rules = [];
const indices = new Map();
function index(name, addStyles) {
  if (!indices.has(name)) {
    const sheet = new StyleJsonSheet();
    addStyles(sheet);
    indices.set(name, rules.push(minified(sheet).join('')) - 1);
  }
  return indices.get(name);
}

function usedRules() {
  const { font, wrapperUsage } = chtml;
  const used = [
    ...wrapperUsage.update().map((kind) =>
      index(kind, (sheet) => {
        const wrapper = chtml.factory.getNodeClass(kind);
        if (wrapper) chtml.addClassStyles(wrapper, sheet);
      })),
    ...font.delimUsage.update().map((n) =>
      index(`delimiter ${n}`, (sheet) => font.addDelimiterStyles(sheet.styles, n, font.getDelimiter(n)))),
    ...font.charUsage.update().map(([variant, n]) => index(`${variant} ${n}`, ({ styles }) =>
      font.addCharStyles(styles, font.getVariant(variant).letter, n, font.getVariant(variant).chars[n]))),
  ];
  wrapperUsage.update(); // addClassStyles counts as use
  return used;
}

function forgetUsage() {
  chtml.font.clearCache();
  chtml.wrapperUsage.clear();
}

// MathJax's line breaks are spaces of a font whose spaces are 1em wide; all that follows moves when that font comes.
// These need no font: an opportunity to break, which has no width, behind a margin.
const withoutBreakFont = (html) => html
  .replace(/<mjx-break size="(\d)"> </g, '<mjx-break space="$1">\u200B<')
  .replace(/<mjx-break style="letter-spacing: (-?[\d.]+)(em)?;?"> </g, (_, spacing) =>
    `<mjx-break style="margin-left: ${(1 + Number(spacing)).toFixed(3)}em">\u200B<`);

// Elements that show nothing and group nothing cost the browser as much as others.
const APPLICATION = /<mjx-mo><mjx-c class="mjx-c206[1-4]">.<\/mjx-c><\/mjx-mo>/gu;
const GROUP_OF_ONE = /<mrow>(<(m[ino])\b[^>]*>[^<]*<\/\2>)<\/mrow>/g;

function glyphs(node, font = '', found = {}) {
  const classes = (adaptor.getAttribute(node, 'class') ?? '').split(' ');
  font = classes.find((name) => name.startsWith('NCM-')) ?? font;
  if (adaptor.kind(node) === 'mjx-utext') {
    throw new TexError('Unknown', 'the formula font has no character for "%1"', adaptor.textContent(node));
  }
  if (adaptor.kind(node) === 'mjx-break') return found;
  for (const child of adaptor.childNodes(node)) {
    if (adaptor.kind(child) !== '#text') glyphs(child, font, found);
    else found[font] = (found[font] ?? '') + adaptor.value(child);
  }
  return found;
}

function convert(source, display, breaks) {
  forgetUsage();
  chtml.breaks = breaks;
  return mathjax.handleRetriesFor(() => page.convert(source, { display }));
}

const sum = (widths) => widths.reduce((total, width) => total + width, 0);
const isWide = () => Math.max(...chtml.parts) > NARROW;

async function typeset(source, display) {
  let node = await convert(source, display, BETWEEN_TERMS);
  if (!display && isWide()) node = await convert(source, display, ANYWHERE);
  else if (chtml.parts.length > 1 && sum(chtml.parts) <= SHORT) node = await convert(source, display, NOWHERE);
  const math = adaptor.firstChild(node);
  adaptor.setAttribute(math, 'aria-hidden', 'true');
  for (const name of ['class', 'overflow']) adaptor.removeAttribute(node, name);
  if (display) adaptor.removeAttribute(node, 'style'); // a minimal width, which would keep it from scrolling
  adaptor.setAttribute(node, 'data-tex', source);
  if (isWide()) {
    adaptor.setAttribute(node, 'tabindex', '0');
    adaptor.setAttribute(node, 'role', 'group');
    adaptor.setAttribute(node, 'aria-label', 'Formula that can be wider than the screen');
    // a box that scrolls would stand on its bottom edge instead of on the line
    if (!display) adaptor.setStyle(node, 'vertical-align', `calc(${(-chtml.depth).toFixed(3)}em - 1px)`);
  }
  const read = mathml.visitTree(root).replace(/\n\s*/g, '').replace(GROUP_OF_ONE, '$1');
  const seen = withoutBreakFont(adaptor.outerHTML(node)).replace(APPLICATION, '');
  const html = seen.replace(/<\/mjx-container>$/, () => `<mjx-assistive-mml>${read}</mjx-assistive-mml></mjx-container>`);
  return { html, mathml: read, rules: usedRules(), glyphs: glyphs(math) };
}

chtml.styleSheet(page);
const base = minified(chtml.styleJson);
const results = [];
for (const [source, display] of formulas) {
  try {
    results.push(await typeset(source, display));
  } catch (error) {
    if (!(error instanceof TexError)) throw error;
    results.push({ error: error.message });
  }
}
process.stdout.write(JSON.stringify({ base, rules, formulas: results }));
