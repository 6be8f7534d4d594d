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
    return standings;
  }

  // The verdict and the cards at the top follow: what the first has more, and what it is worse in.
  function follow(data, weights, standings) {
    const moved = data.axes.some((a) => Math.abs(weights[a.id] - data.weights[a.id]) > 1e-9);
    for (const said of all(document, "[data-verdict]")) {
      said.hidden = !moved;
      said.textContent = moved ? verdict(data, weights, standings) : "";
    }
    standings.forEach(({ option, total }, at) => {
      for (const card of all(document, `[data-card="${option.id}"]`)) {
        card.querySelector("[data-place]").textContent = String(at + 1);
        card.querySelector("[data-sum]").textContent = ` (${total.toFixed(3)})`;
        const before = card.parentElement.children[at];
        if (before !== card) card.parentElement.insertBefore(card, before);
      }
    });
  }

  function verdict(data, weights, [first, second]) {
    const shares = data.axes.map((a) => `${a.label.toLowerCase()} ${percent(weights[a.id])}`);
    const under = `With the weights of this view (${shares.join(", ")})`;
    if (!second) return `${under}, ${first.option.title} comes first.`;
    const gains = data.criteria.map((c, i) => [first.parts[i] - second.parts[i], c.label]);
    gains.sort((a, b) => b[0] - a[0]);
    const best = gains.filter(([gain]) => gain > 0).slice(0, 2).map(([, label]) => label);
    const [loss, paid] = gains[gains.length - 1];
    const because = best.length ? ` because of ${best.join(" and ")}` : "";
    const pays = loss < 0 ? `; it is worse in ${paid}` : "";
    const lead = (first.total - second.total).toFixed(3);
    return `${under}, ${first.option.title} comes first, ${lead} ahead of ${second.option.title}${because}${pays}.`;
  }

  // Weights in the address, in percent, so that a view can be sent: #weights=security:30,cost:10
  const NAMED = "#weights=";

  function fromAddress(data) {
    if (!location.hash.startsWith(NAMED)) return null;
    const known = new Set(data.axes.map((a) => a.id));
    const pairs = decodeURIComponent(location.hash.slice(NAMED.length)).split(",")
      .map((pair) => pair.split(":"))
      .filter(([id, weight]) => known.has(id) && Number(weight) >= 0 && Number(weight) <= 100);
    return pairs.length ? Object.fromEntries(pairs.map(([id, w]) => [id, Number(w) / 100])) : null;
  }

  function toAddress(data, given) {
    const same = data.axes.every((a) => given[a.id] === data.weights[a.id]);
    const pairs = data.axes.map((a) => `${a.id}:${Number((100 * given[a.id]).toFixed(4))}`);
    if (same && !location.hash.startsWith(NAMED)) return;
    history.replaceState(null, "", same ? location.pathname : NAMED + pairs.join(","));
  }

  function wire(root) {
    const data = JSON.parse(root.querySelector("script[type='application/json']").textContent);
    const form = root.querySelector("form");
    let given = {};
    const draw = () => {
      const weights = normalised(data.axes, given);
      follow(data, weights, show(root, data, weights));
      toAddress(data, given);
    };
    const take = (weights) => {
      given = Object.fromEntries(data.axes.map((a) => [a.id, weights[a.id] || 0]));
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
    take(fromAddress(data) || data.weights);
    addEventListener("hashchange", () => {
      const sent = fromAddress(data);
      if (sent) take(sent);
    });
  }

  all(document, "[data-decision]:not([data-wired])").forEach(wire);
})();
