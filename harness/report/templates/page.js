'use strict';
// Pages are complete without script: it adds filters, keyboard, search and the messages.
const $ = (s, r = document) => r.querySelector(s), $$ = (s, r = document) => [...r.querySelectorAll(s)];
document.documentElement.classList.add('js');
const words = JSON.parse($('#words').dataset.words);
const el = (tag, name, text) => { const x = document.createElement(tag); if (name) x.className = name; if (text != null) x.textContent = text; return x };
/* The address holds where one is and the filters: #his.pgo&standard=H. An id alone is an ordinary anchor. */
const place = () => {
  const at = { id: '', filter: new URLSearchParams() };
  for (const part of location.hash.slice(1).split('&').filter(Boolean)) {
    const cut = part.indexOf('=');
    if (cut < 0) { try { at.id = decodeURIComponent(part) } catch { at.id = part } }
    else for (const [name, value] of new URLSearchParams(part)) at.filter.set(name, value);
  }
  return at;
};
const move = (id, filter) => {
  const parts = [id && encodeURIComponent(id), filter.toString()].filter(Boolean);
  history.replaceState(null, '', parts.length ? '#' + parts.join('&') : location.href.split('#')[0]);
};
/* Keep a form and the address in step, so that what one sees can be sent to somebody else. */
const inAddress = (form, apply) => {
  const fill = () => {
    const { filter } = place();
    for (const e of form.elements) if (e.name) e.type === 'checkbox' ? e.checked = filter.has(e.name) : e.value = filter.get(e.name) ?? '';
    apply(Object.fromEntries(filter));
  };
  const take = () => {
    const chosen = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    move(place().id, chosen); apply(Object.fromEntries(chosen));
  };
  form.addEventListener('input', take);
  form.addEventListener('submit', e => { e.preventDefault(); take() });
  form.addEventListener('reset', () => setTimeout(take));
  addEventListener('hashchange', fill);
  fill();
};
const count = (n, [one, many]) => `${n} ${n === 1 ? one : many}`;
