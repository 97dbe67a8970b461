const filter = $('#filter');
if (filter) inAddress(filter, f => {
  let n = 0;
  for (const tr of $$('tr[data-party]')) { tr.hidden = Boolean(f.party) && tr.dataset.party !== f.party; if (!tr.hidden) n++ }
  $('output', filter).textContent = count(n, words.lines);
});
