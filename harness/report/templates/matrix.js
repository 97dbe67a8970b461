const grid = $('table.matrix'), box = $('.inspect'), rows = grid ? $$('tbody tr', grid) : [];
const cells = tr => $$('td[id]', tr), shown = td => td && td.offsetParent !== null;
const show = td => {
  $$('.at', grid).forEach(x => x.classList.remove('at'));
  td.classList.add('at');
  const a = $('a', td);
  box.replaceChildren(el('p', '', $('.vh', a).textContent));
  for (const t of $$('.tok', a)) { const l = el('a', 'v ' + t.classList[1], t.textContent + ' ' + words.open); l.href = t.dataset.h || a.href; box.append(l) }
};
const focus = td => { if (!td) return; $$('td a[tabindex="0"]', grid).forEach(a => a.tabIndex = -1); const a = $('a', td); a.tabIndex = 0; a.focus() };
const step = (td, dr, dc) => {
  let r = rows.indexOf(td.parentNode), c = cells(td.parentNode).indexOf(td), next;
  do { r += dr; c += dc; next = rows[r] && cells(rows[r])[c] } while (next && !shown(next));
  return next;
};
const edge = (td, all, last) => {
  const every = (all ? rows : [td.parentNode]).flatMap(cells).filter(shown);
  return every.at(last ? -1 : 0);
};
if (grid) {
  if (matchMedia('(min-width:40.01rem)').matches) $$('td a', grid).forEach((a, i) => a.tabIndex = i ? -1 : 0);
  for (const on of ['focusin', 'mouseover']) grid.addEventListener(on, e => { const td = e.target.closest('td[id]'); if (td) show(td) });
  grid.addEventListener('keydown', e => {
    const td = e.target.closest('td[id]');
    if (!td) return;
    const to = { ArrowRight: () => step(td, 0, 1), ArrowLeft: () => step(td, 0, -1), ArrowDown: () => step(td, 1, 0), ArrowUp: () => step(td, -1, 0), Home: () => edge(td, e.ctrlKey, false), End: () => edge(td, e.ctrlKey, true) }[e.key];
    if (to) { e.preventDefault(); focus(to()) }
  });
  grid.addEventListener('focusin', e => { const td = e.target.closest('td[id]'); if (td) move(td.id, place().filter) });
  grid.addEventListener('click', e => {
    const b = e.target.closest('.more button');
    if (b) { const all = b.closest('tr').classList.toggle('all'); b.setAttribute('aria-expanded', all); b.textContent = all ? words.fewer : b.dataset.all }
  });
  inAddress($('#filter'), f => {
    let n = 0;
    const pgo = f.party && f.party.startsWith('pgo:') ? f.party.slice(4) : '', side = f.party && !pgo ? f.party : '';
    $$('[data-pgo]', grid).forEach(x => x.hidden = Boolean(pgo) && x.dataset.pgo !== pgo);
    for (const tr of rows) {
      tr.hidden = Boolean(side && side !== tr.dataset.his && side !== tr.dataset.dvza) || Boolean(f.release && f.release !== tr.dataset.release);
      for (const td of cells(tr)) {
        const tokens = $$('.tok', td);
        for (const t of tokens) t.hidden = Boolean(f.standard) && t.textContent[0] !== f.standard;
        const seen = tokens.filter(t => !t.hidden), hit = seen.some(t => (!f.outcome || t.classList.contains(f.outcome)) && (!f.since || (t.dataset.m || '').split(' ').includes(f.since)));
        for (const i of $$('i', td)) i.hidden = Boolean(f.standard) && !i.dataset.s.includes(f.standard);
        td.classList.toggle('dim', !hit);
        if (hit && !td.hidden && !tr.hidden) n++;
      }
    }
    $('#filter output').textContent = count(n, words.pairs);
  });
  const aim = () => {
    const { id } = place(), td = id && document.getElementById(id);
    if (td && td.matches('td')) { td.parentNode.classList.add('all'); td.scrollIntoView({ block: 'center', inline: 'center' }); focus(td); show(td) }
  };
  addEventListener('hashchange', aim); addEventListener('load', () => setTimeout(aim, 50)); // after the jump of the browser itself
}
