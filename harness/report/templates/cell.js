const page = JSON.parse($('#page').dataset.page), say = page.words, list = $('.xs'), pane = $('.pane');
let wanted, done, now = '';
function cellData(packed) { // called by the file beside this page
  const bytes = Uint8Array.from(atob(packed), c => c.charCodeAt(0));
  new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))).json().then(done);
}
const load = () => wanted ??= new Promise((yes, no) => {
  done = data => { draw(data); yes(data) };
  const s = document.createElement('script');
  s.src = list.dataset.src; s.onerror = () => no(new Error(s.src));
  document.head.append(s);
});
const kind = headers => (headers.find(h => h[0].toLowerCase() === 'content-type') || ['', ''])[1].toLowerCase();
/* Pretty-printing works on the signs of a text, so that what is broken is shown too, and keeps where each line
   came from: a finding points at a character of the recorded body. Text nodes only: bodies are hostile. */
const pretty = (text, type) => {
  const json = /json/.test(type) || /^\s*[{[]/.test(text), xml = !json && (/xml/.test(type) || /^\s*<\?xml/.test(text)) && !/html/.test(type);
  const lines = [];
  let at = 0, depth = 0, fresh = true;
  const put = (piece, from, glue) => { if (glue && lines.length) { const l = lines.at(-1); l.text += piece; l.to = from + piece.length } else lines.push({ text: piece, depth, from, to: from + piece.length }) };
  if (json) {
    let before = '';
    for (const m of text.matchAll(/"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g)) {
      const t = m[0], closes = t === '}' || t === ']', empty = closes && (before === '{' || before === '[');
      if (closes) depth = Math.max(0, depth - 1);
      if (empty || t === ',' || t === ':' || before === ':') put(t === ':' ? ': ' : t, m.index, true); else put(t, m.index, !fresh && !closes && !['{', '[', ','].includes(before));
      if (t === '{' || t === '[') depth++;
      before = t; fresh = false;
    }
  } else if (xml) {
    let opened = '';
    for (const m of text.matchAll(/<[^>]*>?|[^<]+/g)) {
      const t = m[0];
      if (!t.trim()) continue;
      if (t.startsWith('</')) { depth = Math.max(0, depth - 1); put(t, m.index, opened === 'text'); opened = '' }
      else if (t[0] !== '<') { put(t.trim(), m.index, opened === 'tag'); opened = opened === 'tag' ? 'text' : '' }
      else if (/^<[?!]|\/>$/.test(t)) { put(t, m.index); opened = '' }
      else { put(t, m.index); depth++; opened = 'tag' }
    }
  } else if (/urlencoded/.test(type)) for (const t of text.split(/(?<=&)/)) { put(t, at); at += t.length }
  else for (const t of text.split('\n')) { put(t, at); at += t.length + 1 }
  return lines;
};
const MANY = 2000, NEAR = 200;
const body = (name, lines, marks) => {
  const pre = el('pre', 'lines');
  pre.tabIndex = 0; pre.setAttribute('role', 'group'); pre.setAttribute('aria-label', name);
  const hit = new Map();
  for (const [offset, said] of marks) { const n = lines.findLastIndex(l => l.from <= offset); hit.set(n, [...new Set([...(hit.get(n) || []), said])]) }
  const near = n => lines.length <= MANY || (hit.size ? [...hit.keys()].some(m => Math.abs(m - n) <= NEAR) : n < MANY);
  let left = 0;
  const told = () => { if (left) pre.append(el('span', 'cut', '… ' + left + ' ' + say['lines left out'])); left = 0 };
  lines.forEach((l, n) => {
    if (!near(n)) { left++; return }
    told();
    const s = el('span', hit.has(n) ? 'n bad' : 'n', '  '.repeat(Math.min(l.depth, 40)) + l.text);
    pre.append(s);
    for (const said of hit.get(n) || []) pre.append(el('span', 'said', '↑ ' + said));
  });
  told();
  return pre;
};
const head = (name, first, headers) => { const pre = el('pre', '', first + headers.map(h => '\n' + h[0] + ': ' + h[1]).join('')); pre.tabIndex = 0; pre.setAttribute('role', 'group'); pre.setAttribute('aria-label', name); return pre };
const quoted = text => "'" + text.replaceAll("'", "'\\''") + "'";
const curl = (x, data) => {
  const parts = ['curl', ...(x.m === 'GET' ? [] : ['-X ' + x.m]), quoted(x.u)];
  for (const [name, value] of x.h) {
    if (/^(host|content-length|connection)$/i.test(name)) continue;
    parts.push(/^authorization$/i.test(name) ? '-H "' + name + ': Bearer $TOKEN"' : '-H ' + quoted(name + ': ' + value));
  }
  if (x.cert) parts.push('--cert client.pem --key client.key');
  if (x.b.length) parts.push('--data-raw ' + quoted(data.b[x.b[0]]));
  return parts.join(' \\\n  ');
};
const copy = async (text, button) => {
  try { await navigator.clipboard.writeText(text) } catch { const t = el('textarea'); t.value = text; document.body.append(t); t.select(); document.execCommand('copy'); t.remove() }
  const was = button.textContent;
  button.textContent = '✓ ' + say.copied; setTimeout(() => { button.textContent = was }, 1500);
};
const short = id => id.slice(id.lastIndexOf('.') + 1), path = url => { try { const u = new URL(url); return u.pathname + u.search } catch { return url } };
const button = (text, act) => { const b = el('button', '', text); b.type = 'button'; b.addEventListener('click', () => act(b)); return b };
const wide = matchMedia('(min-width:68rem)');
async function open(id, go) {
  now = id;
  const data = await load().catch(() => null), x = data && data.x.find(one => one.id === id), a = document.getElementById(id);
  if (!x || !a) { pane.replaceChildren(el('p', 'muted', data ? say['choose a message'] : say['not readable'])); return }
  $$('.xs [aria-current]').forEach(l => l.removeAttribute('aria-current'));
  a.setAttribute('aria-current', 'true'); a.closest('details').open = true;
  const bar = el('div', 'bar'), push = el('span');
  bar.append(button('← ' + say.previous, () => beside(-1)), button(say.next + ' →', () => beside(1)), push, button(say['copy as curl'], b => copy(curl(x, data), b)));
  const marks = (page.marks[id] || []), part = side => marks.filter(m => m[0] === side);
  const shown = (name, [n, start], headers, side) => { pane.append(el('h4', '', say.body + ' (' + kind(headers) + ')'), body(name, pretty(data.b[n], kind(headers)), part(side).map(m => [m[1] - start, m[2]]))) };
  pane.replaceChildren(bar, el('h3', '', '#' + short(id) + ' ' + x.m + ' ' + path(x.u)));
  if (page.proof[id]) pane.append(el('p', 'note f', page.proof[id]));
  pane.append(el('p', 'muted small', x.c + ' → ' + x.s + ' · ' + x.f + ' / ' + x.o + ' · ' + x.ms + ' ms' + (x.tls ? ' · ' + x.tls : '')));
  pane.append(el('h4', '', say.request), head(say.request, x.m + ' ' + x.u, x.h));
  if (x.b.length) shown(say.request, x.b, x.h, 'request');
  pane.append(el('h4', '', say.response), 'st' in x ? head(say.response, String(x.st), x.rh) : el('p', '', say['no answer'] + ': ' + x.e));
  if ('st' in x && x.rb.length) shown(say.response, x.rb, x.rh, 'response');
  if (wide.matches) $('.two').append(pane); else a.after(pane);
  pane.scrollTop = 0;
  const bad = $('.bad', pane);
  if (bad && wide.matches) pane.scrollTop = bad.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
  if (go) { move(id, place().filter); (wide.matches ? $('.two') : a).scrollIntoView({ block: 'start' }); a.scrollIntoView({ block: 'nearest' }) }
}
const beside = by => {
  const rows = $$('.xs a').filter(a => !a.hidden), i = rows.findIndex(a => a.id === now), next = rows[i + by];
  if (next) { open(next.id, false); move(next.id, place().filter); next.scrollIntoView({ block: 'nearest' }) }
};
function draw(data) {
  $$('.static [id]').forEach(e => e.removeAttribute('id'));
  const groups = page.flows.map(([starts, name]) => ({ starts, name, flows: new Map() }));
  for (const x of data.x) {
    const g = groups.find(one => one.starts.some(start => start.endsWith('-') || !start ? x.f.startsWith(start) : x.f === start));
    (g.flows.get(x.f) || g.flows.set(x.f, []).get(x.f)).push(x);
  }
  for (const g of groups) {
    const every = [...g.flows.values()].flat();
    if (!every.length) continue;
    const d = el('details'), s = el('summary', '', g.name + ' '), proof = every.filter(x => x.id in page.proof).length;
    s.append(el('span', 'muted', String(every.length)));
    if (proof) { s.append(' ', el('span', 'v f', proof + ' × ' + say.evidence)); d.open = true }
    d.append(s);
    for (const [flow, items] of g.flows) {
      if (g.flows.size > 1) d.append(el('p', 'sub', flow));
      for (const x of items) {
        const a = el('a');
        a.href = '#' + encodeURIComponent(x.id); a.id = x.id; a.dataset.bad = x.st && x.st < 400 ? '' : '1';
        a.append(el('span', 'muted', short(x.id)), el('span', '', x.st ? String(x.st) : '–'), el('code', '', x.m + ' ' + path(x.u)), el('small', '', x.o));
        if (x.id in page.proof) a.append(el('span', 'why', '◀ ' + say.evidence));
        a.dataset.text = (x.id + ' ' + a.textContent + ' ' + x.u + ' ' + x.f + ' ' + x.c + ' ' + x.s).toLowerCase();
        d.append(a);
      }
    }
    list.append(d);
  }
  const first = $('.xs details'); if (first && !$('.xs details[open]')) first.open = true;
  sift(Object.fromEntries(place().filter));
}
const sift = f => {
  const rows = $$('.xs a'), found = (f.q || '').toLowerCase().split(/\s+/).filter(Boolean);
  let n = 0;
  for (const a of rows) { a.hidden = !(found.every(w => a.dataset.text.includes(w)) && (!f.proof || a.id in page.proof) && (!f.bad || a.dataset.bad)); if (!a.hidden) n++ }
  for (const d of $$('.xs details')) {
    const some = $$('a', d).some(a => !a.hidden);
    d.hidden = !some;
    if (some && (found.length || f.proof || f.bad)) d.open = true;
    for (const s of $$('.sub', d)) { let e = s.nextElementSibling, any = false; for (; e && e.className !== 'sub'; e = e.nextElementSibling) any ||= e.matches('a') && !e.hidden; s.hidden = !any }
  }
  $('#messages output').textContent = rows.length ? n + ' / ' + rows.length : '';
};
inAddress($('#messages'), f => { if (Object.keys(f).length) load().catch(() => {}); sift(f) });
$('#messages').addEventListener('focusin', () => load().catch(() => {}));
new IntersectionObserver((seen, self) => { if (seen.some(e => e.isIntersecting)) { self.disconnect(); const first = Object.keys(page.proof)[0]; load().then(data => { if (!now) open(first && data.x.some(x => x.id === first) ? first : (data.x[0] || {}).id, false) }, () => open('', false)) } }, { rootMargin: '300px' }).observe(list);
document.addEventListener('click', e => {
  const a = e.target.closest('a[href]');
  if (!a || a.origin !== location.origin || a.pathname !== location.pathname || !a.hash) return;
  const id = decodeURIComponent(a.hash.slice(1));
  if (a.closest('.xs') || a.dataset.x) { e.preventDefault(); open(id, true) }
});
addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input,select,textarea')) return;
  if (e.key === 'j') beside(1);
  if (e.key === 'k') beside(-1);
  if (e.key === '/') { e.preventDefault(); $('#messages input').focus() }
});
const aim = () => { const { id } = place(); if (id && !$('.finding#' + CSS.escape(id)) && id !== 'main') load().then(() => open(id, true), () => {}) };
addEventListener('hashchange', aim); aim();
