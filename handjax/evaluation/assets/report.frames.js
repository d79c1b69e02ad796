// All frames by their error; the one that is looked at, in numbers and as a picture.

const COLUMNS = 120;

/** Frames in the order of the chart: by a method's error, or as recorded. */
function orderOf() {
  const frames = Array.from({ length: page.frames }, (_, frame) => frame);
  if (state.sortedBy === null) return frames;
  const errors = ERRORS[state.sortedBy][state.measure];
  // Frames of unknown error stand last.
  const key = (frame) => (Number.isNaN(errors[frame]) ? Infinity : errors[frame]);
  return frames.sort((a, b) => key(a) - key(b) || a - b);
}

let order = [];
let rankOf = [];

function quantile(sorted, part) {
  return sorted.length ? sorted[Math.round(part * (sorted.length - 1))] : NaN;
}

/** Quartiles of the error of neighbours in the order, column by column. */
function columnsOf(method) {
  const errors = ERRORS[method][state.measure];
  const count = Math.min(COLUMNS, page.frames);
  return Array.from({ length: count }, (_, column) => {
    const first = Math.floor((column * page.frames) / count);
    const end = Math.floor(((column + 1) * page.frames) / count);
    const inside = order.slice(first, end).map((frame) => errors[frame]);
    const sorted = inside.filter((mm) => !Number.isNaN(mm)).sort((a, b) => a - b);
    return {
      rank: (first + end - 1) / 2,
      low: quantile(sorted, 0.25), middle: quantile(sorted, 0.5), high: quantile(sorted, 0.75),
    };
  }).filter(({ middle }) => !Number.isNaN(middle));
}

function errorChart() {
  let cursor = null;
  const lastRank = Math.max(page.frames - 1, 1);
  const host = place("errors");
  const chart = new Chart(host, 240, { "aria-hidden": "true" }, (area) => {
    const found = shown().map((method) => ({ method, columns: columnsOf(method) }));
    const highs = found.flatMap(({ columns }) => columns.map(({ high }) => high));
    // The few worst frames would press all others against the axis: let them leave.
    area.scale(lastRank, Math.max(1, 1.3 * quantile(highs.sort((a, b) => a - b), 0.97)));
    area.axes({
      title: `${state.measure === "mean" ? "Mean" : "Worst"} error of the frame's joints, mm`,
      across: state.sortedBy === null ? "frame, as recorded"
        : `frames from best to worst of ${page.methods[state.sortedBy].name}`,
      yTicks: ticks(area.last.y, 5), xTicks: ticks(lastRank, 6),
    });
    const inside = area.window("inside");
    for (const { method, columns } of found.reverse()) {
      const ranks = columns.map(({ rank }) => rank);
      const edge = (side) => area.path(ranks, columns.map((column) => column[side]));
      const back = area.path([...ranks].reverse(), columns.map(({ low }) => low).reverse());
      inside.append(draw("path", {
        class: "band", fill: colourOf(method), d: `${edge("high")}${back.replace("M", "L")}Z`,
      }), draw("path", {
        class: curveClass(method), stroke: colourOf(method), d: edge("middle"),
        "stroke-dasharray": dashOf(method),
      }));
    }
    cursor = area.add("g", {});
    point();
  });
  const slider = make("input", {
    type: "range", min: 0, max: page.frames - 1, step: 1, "aria-label": "frame",
    oninput: (event) => look(Number(event.target.value)),
  });
  host.append(slider);

  function look(rank) {
    change({ frame: order[clamp(Math.round(rank), 0, page.frames - 1)] });
  }

  function point() {
    const rank = rankOf[state.frame];
    slider.value = rank;
    slider.setAttribute("aria-valuetext", `${nameOf(state.frame)}, rank ${rank}`);
    if (!cursor) return;
    const x = chart.x(rank);
    const dots = shown().filter((method) => errorOf(method, state.measure) !== null)
      .map((method) => draw("circle", {
        class: "mark", r: 5, cx: x, fill: colourOf(method),
        cy: Math.max(chart.y(errorOf(method, state.measure)), MARGIN.top),
      }));
    cursor.replaceChildren(draw("line", {
      class: "cross", x1: x, x2: x, y1: MARGIN.top, y2: chart.bottom,
    }), ...dots);
  }

  const drag = (event) => { if (event.buttons) look(chart.valueAt(event)); };
  chart.svg.addEventListener("pointerdown", drag);
  chart.svg.addEventListener("pointermove", drag);
  watch(["sortedBy", "measure"], () => {
    order = orderOf();
    order.forEach((frame, rank) => { rankOf[frame] = rank; });
    chart.repaint();
  });
  watch(["hidden", "raised"], () => chart.repaint());
  watch(["frame"], point);
}

function errorOf(method, measure) {
  const mm = ERRORS[method][measure][state.frame];
  return Number.isNaN(mm) ? null : mm;
}

function orderChoices() {
  watch(["sortedBy", "measure"], () => {
    const sorted = make("select", {
      onchange: ({ target }) => {
        change({ sortedBy: target.value === "" ? null : Number(target.value) });
      },
    }, ...ALL.map((method) => make("option", {
      value: method, selected: state.sortedBy === method,
    }, `best to worst of ${page.methods[method].name}`)),
    make("option", { value: "", selected: state.sortedBy === null }, "as recorded"));
    const measured = ["mean", "worst"].map((measure) => choice(
      measure, state.measure === measure, () => change({ measure })));
    refill(place("order"), make("div", { class: "choices" },
      make("label", {}, "order", sorted),
      make("span", { class: "aside" }, "joints"), ...measured));
  });
}

function exampleChoices() {
  watch(["frame"], () => {
    const buttons = page.examples.map((example) => {
      const mm = example.errors[0];
      const text = mm === null ? example.title : `${example.title} · ${number(mm, 1)}\u202fmm`;
      return choice(text, state.frame === example.frame, () => change({ frame: example.frame }));
    });
    refill(place("examples"), make("div", { class: "choices" }, ...buttons));
  });
}

function picture() {
  const host = place("picture");
  const any = page.examples.some(({ overlay }) => overlay);
  host.hidden = !any;
  host.parentElement.classList.toggle("bare", !any);
  watch(["frame"], () => {
    const example = page.examples.find((one) => one.frame === state.frame);
    if (example && example.overlay) {
      host.replaceChildren(make("img", {
        src: `data:image/png;base64,${example.overlay}`,
        alt: `Joints over the image of ${nameOf(state.frame)}`,
      }));
    } else {
      host.replaceChildren(make("figcaption", {},
        "This frame has no picture here; those that are named above have one."));
    }
  });
}
