// What a page does beside being read: one switch for code, and what an address names is opened.
// Without script the page is complete.
(() => {
  "use strict";
  const code = [...document.querySelectorAll("details.code")];
  const bar = document.querySelector("body > nav");

  function opened() {
    const id = decodeURIComponent(location.hash.slice(1));
    const target = id && document.getElementById(id);
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
    const heading = document.getElementById(decodeURIComponent(id));
    if (heading) seen.observe(heading);
  });

  addEventListener("hashchange", opened);
  opened();
})();
