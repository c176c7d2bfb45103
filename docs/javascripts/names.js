/* What the theme leaves out: names of regions, and the keyboard's way into tables that scroll. */
const name = () => {
  document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
  document.querySelectorAll(".md-code__nav").forEach((one, i) => {
    one.setAttribute("aria-label", `Code ${i + 1}`);
  });
  document.querySelectorAll(".md-typeset__scrollwrap, .md-typeset pre > code").forEach((one) => {
    one.tabIndex = 0;
  });
};
new MutationObserver(name).observe(document.body, { childList: true, subtree: true });
name();
