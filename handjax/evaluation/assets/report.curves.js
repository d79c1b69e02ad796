// Shares under a threshold, and what they are under the pointer's.

const CURVES = {
  success: { title: "Frames with every joint under the threshold, %" },
  pck: { title: "Joints under the threshold, %" },
};

function thresholdStep() {
  return Math.round(state.threshold / page.step);
}

function curveChart(key) {
  const { title } = CURVES[key];
  const last = page.step * (page.methods[0][key].length - 1);
  const thresholds = page.methods[0][key].map((_, k) => k * page.step);
  let cursor = null;
  const chart = new Chart(place(key), 320, {
    role: "slider", tabindex: 0, "aria-label": `${title}: threshold in mm`,
    "aria-valuemin": 0, "aria-valuemax": last,
  }, (area) => {
    area.scale(last, 100);
    area.axes({
      title, across: "threshold, mm", yTicks: [0, 20, 40, 60, 80, 100],
      xTicks: ticks(last, 8),
    });
    for (const method of shown()) {
      area.add("path", {
        class: curveClass(method), stroke: colourOf(method),
        "stroke-dasharray": dashOf(method),
        d: area.path(thresholds, page.methods[method][key].map((share) => 100 * share)),
      });
    }
    cursor = area.add("g", {});
    point();
  });

  function point() {
    const { svg } = chart;
    svg.setAttribute("aria-valuenow", state.threshold);
    svg.setAttribute("aria-valuetext", spoken(key));
    if (!cursor) return;
    const x = chart.x(state.threshold);
    const dots = shown().map((method) => draw("circle", {
      class: "mark", r: 5, cx: x, fill: colourOf(method),
      cy: chart.y(100 * page.methods[method][key][thresholdStep()]),
    }));
    const line = draw("line", {
      class: "cross", x1: x, x2: x, y1: MARGIN.top, y2: chart.bottom,
    });
    cursor.replaceChildren(line, ...dots);
  }

  answer(chart.svg, {
    at: (event) => chart.valueAt(event), now: () => state.threshold, last,
    step: page.step, leap: 10 * page.step, set: setThreshold,
  });
  watch(["hidden", "raised"], () => chart.repaint());
  watch(["threshold"], point);
}

function setThreshold(value) {
  const threshold = Math.round(value / page.step) * page.step;
  if (threshold !== state.threshold) change({ threshold });
}

function curveClass(method) {
  const dimmed = state.raised !== null && state.raised !== method;
  return dimmed ? "curve dimmed" : "curve";
}

function spoken(key) {
  const values = shown().map((method) => {
    const { name, [key]: curve } = page.methods[method];
    return `${name} ${percent(curve[thresholdStep()])}`;
  });
  return `${number(state.threshold, 1)} mm: ${values.join(", ")}`;
}

/** The legend of the curves, with their values at the threshold. */
function readout() {
  const caption = make("b", {});
  const body = make("tbody", {});
  place("readout").append(make("table", {},
    make("caption", {}, "under ", caption),
    make("thead", {}, make("tr", {},
      make("th", { scope: "col" }, "method"),
      make("th", { scope: "col", class: "number" }, "frames"),
      make("th", { scope: "col", class: "number" }, "joints"))),
    body), make("p", { class: "hint" }, "Point at a curve, or use the arrow keys on it. "
      + "A click on a method hides it."));
  watch(["threshold", "hidden"], () => {
    caption.textContent = `${number(state.threshold, 1)}\u202fmm`;
    refill(body, ...ALL.map((method) => {
      const { name, success, pck } = page.methods[method];
      const entry = legendEntry(name, colourOf(method), {
        pressed: !state.hidden.has(method),
        press: () => change({ hidden: toggled(state.hidden, method), raised: null }),
        raise: (on) => change({ raised: on && !state.hidden.has(method) ? method : null }),
      });
      return make("tr", {},
        make("th", { scope: "row" }, entry),
        make("td", { class: "number" }, percent(success[thresholdStep()])),
        make("td", { class: "number" }, percent(pck[thresholdStep()])));
    }));
  });
}
