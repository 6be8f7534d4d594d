// What a page does beside being read: one switch for code, and what an address names is opened.
// Without script the page is complete.
(() => {
  "use strict";
  const code = [...document.querySelectorAll("details.code")];
  const bar = document.querySelector("body > nav");

  function opened() {
    const target = document.querySelector(":target");
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    target.scrollIntoView();
  }

  if (code.length && bar) {
    const button = document.createElement("button");
    const say = (shown) => {
      document.body.classList.toggle("no-code", !shown);
      code.forEach((e) => { e.open = shown; });
      button.setAttribute("aria-pressed", String(shown));
      button.textContent = shown ? "Hide code" : "Show code";
    };
    button.type = "button";
    button.addEventListener("click", () => {
      const shown = button.getAttribute("aria-pressed") !== "true";
      say(shown);
    });
    say(false);
    bar.append(button);
  }

  // The place in the contents that is being read.
  const links = new Map(
    [...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const seen = new IntersectionObserver((found) => {
    const first = found.find((e) => e.isIntersecting);
    if (!first) return;
    links.forEach((a) => a.removeAttribute("aria-current"));
    links.get(first.target.id)?.setAttribute("aria-current", "true");
  }, { rootMargin: "0px 0px -70% 0px" });
  links.forEach((_, id) => {
    const heading = document.getElementById(id) || document.getElementById(decodeURIComponent(id));
    if (heading) seen.observe(heading);
  });

  async function unpacked(packed) {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(plain).json();
  }

  // Every word has to stand somewhere in a place; those with all of them in the title come first.
  function wire(root) {
    const [places, packed] = JSON.parse(root.querySelector("script").textContent);
    let rows = places.map((place) => [...place, ""]);
    const form = root.querySelector("form");
    const list = root.querySelector(".found");
    const told = root.querySelector("[data-found]");
    const most = 30;
    const make = (tag, text) => Object.assign(document.createElement(tag), { textContent: text });
    const all = (text, words) => words.every((w) => text.toLowerCase().includes(w));

    function excerpt(text, word) {
      const at = Math.max(0, text.toLowerCase().indexOf(word) - 60);
      return `${at ? "… " : ""}${text.slice(at, at + 180)}${text.length > at + 180 ? " …" : ""}`;
    }

    function search() {
      const words = form.elements.query.value.toLowerCase().split(/\s+/).filter(Boolean);
      const hits = words.length ? rows.filter((r) => all(`${r[0]} ${r[2]} ${r[3]}`, words)) : [];
      hits.sort((a, b) => all(b[2], words) - all(a[2], words));
      list.hidden = !hits.length;
      list.replaceChildren(...hits.slice(0, most).map(([page, address, title, text]) => {
        const item = document.createElement("li");
        const link = Object.assign(make("a", title || page), { href: address });
        item.append(link, make("small", ` ${page}`), make("p", excerpt(text, words[0])));
        return item;
      }));
      const more = hits.length > most ? `, the first ${most} are shown` : "";
      told.textContent = words.length ? `${hits.length} places found${more}.` : "";
    }

    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", search);
    unpacked(packed).then((texts) => { rows = places.map((p, i) => [...p, texts[i]]); search(); })
      .catch(() => { told.textContent = "This browser searches titles only."; })
      .finally(() => { form.hidden = false; });
  }

  document.querySelectorAll("[data-search]").forEach(wire);
  addEventListener("hashchange", opened);
  addEventListener("load", opened);
})();
