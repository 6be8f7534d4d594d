// Which workloads are shown: those with every word of the search, of one risk and of one option.
// Without script the table is complete.
(() => {
  "use strict";
  document.querySelectorAll("[data-portfolio]").forEach((root) => {
    const form = root.querySelector("form");
    const told = root.querySelector("[data-told]");
    const rows = [...root.querySelectorAll("tbody tr")];
    const texts = rows.map((row) => row.textContent.toLowerCase());

    function choose() {
      const { query, risk, option } = form.elements;
      const words = query.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      rows.forEach((row, at) => {
        const fits = words.every((w) => texts[at].includes(w))
          && (!risk.value || row.dataset.risk === risk.value)
          && (!option.value || row.dataset.chosen === option.value);
        row.hidden = !fits;
        shown += fits;
      });
      told.textContent = `${shown} of ${rows.length} workloads shown.`;
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", choose);
    form.addEventListener("reset", () => setTimeout(choose));
    form.hidden = false;
    choose();
  });
})();
