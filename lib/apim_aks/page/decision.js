// Moves the weights of a decision on the page. The values of the options come with the page; here
// they are only weighed, exactly as the workbook weighs them. Without script the page is complete.
(() => {
  "use strict";
  const all = (root, what) => [...root.querySelectorAll(what)];
  const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
  const rounded = (number) => Number(number.toFixed(12));

  function normalised(axes, given) {
    const known = axes.map((a) => Math.max(0, Number(given[a.id]) || 0));
    const most = Math.max(...known);
    const shares = known.map((weight) => (most ? weight / most : 1));
    const whole = rounded(sum(shares));
    return Object.fromEntries(axes.map((a, i) => [a.id, rounded(shares[i] / whole)]));
  }

  function ranked(data, weights) {
    const counted = new Set(data.criteria.map((c) => c.axis));
    const present =
      rounded(sum(data.axes.filter((a) => counted.has(a.id)).map((a) => weights[a.id]))) || 1;
    const each = data.criteria.map((c) => rounded((weights[c.axis] / present) * c.share));
    const standings = data.options.map((option) => {
      // An option stands with the best of its combinations of choices, the first of equal ones.
      const found = option.variants.map(({ choices, values }) => {
        const parts = values.map((value, i) => rounded(value * each[i]));
        return { option, choices, parts, total: rounded(sum(parts)) };
      });
      return found.reduce((best, one) => (one.total > best.total ? one : best));
    });
    return standings.sort((a, b) => b.total - a.total);
  }

  function percent(share) {
    return `${Math.round(share * 1000) / 10} %`;
  }

  function show(root, data, weights) {
    const standings = ranked(data, weights);
    const body = root.querySelector("[data-ranking] tbody");
    const rows = Object.fromEntries(all(body, "tr").map((r) => [r.dataset.option, r]));
    standings.forEach(({ option, choices, parts, total }, at) => {
      const row = rows[option.id];
      body.append(row);
      row.dataset.total = String(total);
      row.querySelector("[data-choices]").textContent = choices;
      row.querySelector("[data-place]").textContent = String(at + 1);
      row.querySelector("[data-sum]").textContent = total.toFixed(3);
      row.querySelector(".bar").style.setProperty("--share", total.toFixed(3));
      for (const a of data.axes) {
        const own = rounded(sum(parts.filter((_, i) => data.criteria[i].axis === a.id)));
        row.querySelector(`[data-axis="${a.id}"]`).textContent = own.toFixed(3);
      }
      parts.forEach((part, i) => {
        const where = `[data-criterion="${data.criteria[i].id}"][data-of="${option.id}"]`;
        root.querySelector(where).textContent = part.toFixed(3);
      });
    });
    for (const a of data.axes) {
      const input = root.querySelector(`input[name="${a.id}"]`);
      input.setAttribute("aria-valuetext", percent(weights[a.id]));
      input.parentElement.querySelector("output").textContent = percent(weights[a.id]);
    }
    const [first, second] = standings;
    const lead = second ? `, ${(first.total - second.total).toFixed(3)} ahead of ${second.option.title}` : "";
    root.querySelector("[data-said]").textContent = `${first.option.title} comes first${lead}.`;
  }

  function wire(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const form = root.querySelector("form");
    let given = {};
    const draw = () => show(root, data, normalised(data.axes, given));
    const take = (weights) => {
      given = { ...weights };
      for (const a of data.axes) form.elements[a.id].value = String(100 * given[a.id]);
      draw();
    };
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      given[event.target.name] = Number(event.target.value) / 100;
      draw();
    });
    for (const button of all(form, "button")) {
      button.addEventListener("click", () => take(data.presets[button.value] || data.weights));
    }
    form.hidden = false;
    root.dataset.wired = "yes";
    take(data.weights);
  }

  all(document, "[data-decision]:not([data-wired])").forEach(wire);
})();
