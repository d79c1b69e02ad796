// The page, from top to bottom.

/** The frame in numbers; its rows are the legend of the 3D view. */
function frameFacts() {
  watch(["frame", "inSpace"], () => {
    const entry = (key, name, ink) => legendEntry(name, ink, {
      pressed: state.inSpace.has(key),
      press: () => change({ inSpace: toggled(state.inSpace, key) }),
    });
    const cell = (mm) => make("td", { class: "number" },
      mm >= BEYOND ? `> ${number(mm, 0)}` : number(mm));
    const rows = ALL.map((method) => make("tr", {},
      make("th", { scope: "row" }, entry(method, page.methods[method].name, colourOf(method))),
      cell(errorOf(method, "mean")), cell(errorOf(method, "worst"))));
    refill(place("frame"), make("table", {},
      make("caption", {},
        make("span", { class: "name" }, ...breakable(nameOf(state.frame))),
        make("span", {}, `${state.frame + 1} of ${page.frames} frames`)),
      make("thead", {}, make("tr", {}, heading("in 3D", false), heading("mean, mm"),
        heading("worst, mm"))),
      make("tbody", {}, make("tr", {},
        make("th", { scope: "row" }, entry("truth", "truth", "var(--truth)")),
        make("td", {}), make("td", {})), ...rows)));
  });
}

/** What the address asks for after its #: t=30&frame=12. */
function obeyAddress() {
  const asked = new URLSearchParams(window.location.hash.slice(1));
  const [threshold, frame] = ["t", "frame"].map((key) => Number(asked.get(key) ?? NaN));
  const last = page.step * (page.methods[0].pck.length - 1);
  if (threshold >= 0) setThreshold(Math.min(threshold, last));
  if (Number.isInteger(frame) && frame > 0 && frame <= page.frames) change({ frame: frame - 1 });
}

function printing(on) {
  document.documentElement.classList.toggle("printing", on);
  change({ printing: on });
}

place("about").append(...page.about.flatMap(([label, text]) => [
  make("dt", {}, label), make("dd", {}, text)]));
change({ inSpace: new Set(["truth", 0]) });
figures();
published();
Object.keys(CURVES).forEach(curveChart);
readout();
joints();
orderChoices();
errorChart();
exampleChoices();
picture();
skeleton();
frameFacts();
obeyAddress();
window.addEventListener("hashchange", obeyAddress);
window.addEventListener("beforeprint", () => printing(true));
window.addEventListener("afterprint", () => printing(false));
