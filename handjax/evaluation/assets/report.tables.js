// Figures, published means and joints: tables whose numbers stand in columns.

function heading(text, isNumber = true) {
  return make("th", { scope: "col", class: isNumber ? "number" : null }, text);
}

/** Places of the best of some values, the lowest or the highest. */
function bestOf(values, { highest }) {
  const known = values.filter((value) => value !== null);
  const best = highest ? Math.max(...known) : Math.min(...known);
  return values.map((value) => values.length > 1 && value === best);
}

function figureColumns() {
  const interval = ({ low, high }) => low === null ? "too few frames"
    : `${number(low)}\u2009–\u2009${number(high)}`;
  return [
    { head: "mean, mm", value: (m) => m.mean, text: number },
    { head: "95\u202f% interval", value: interval, text: String, aside: true },
    { head: "median, mm", value: (m) => m.median, text: number },
    ...page.thresholds.map((threshold, k) => ({
      head: `frames < ${threshold}\u202fmm`, value: (m) => m.shares[k], text: percent,
      highest: true,
    })),
    ...page.ranges.map((range, k) => ({
      head: `AUC ${range}\u202fmm`, value: (m) => m.areas[k],
      text: (area) => number(area, 3), highest: true,
    })),
  ];
}

function figures() {
  const columns = figureColumns().map((column) => {
    const values = page.methods.map(column.value);
    const best = column.aside ? [] : bestOf(values, { highest: column.highest });
    return { ...column, values, best };
  });
  const rows = ALL.map((method) => make("tr", {},
    make("th", { scope: "row" }, methodLabel(method)),
    ...columns.map(({ values, best, text, aside }) => make("td", {
      class: ["number", best[method] && "best", aside && "aside"].filter(Boolean).join(" "),
    }, text(values[method])))));
  place("figures").append(make("table", {},
    make("thead", {}, make("tr", {}, heading("", false),
      ...columns.map(({ head }) => heading(head)))),
    make("tbody", {}, ...rows)));
  place("comparisons").append(...page.comparisons.map((line) => make("li", {}, line)));
}

function share(value, last) {
  return `${((100 * value) / last).toFixed(3)}%`;
}

/** A strip from 0 to `last` mm with its grid, and marks on it. */
function strip(last, ...marks) {
  const grid = ticks(last, 5).map((tick) => make("i", { style: { left: share(tick, last) } }));
  return make("td", { class: "track" }, make("div", { class: "strip" }, ...grid, ...marks));
}

function scaleRow(last) {
  const labels = ticks(last, 5).map((tick) => make("span", {
    class: "scale", style: { left: share(tick, last) },
  }, String(tick)));
  return make("th", { class: "track" }, make("div", { class: "strip" }, ...labels));
}

function published() {
  if (!page.published.length) {
    place("published-section").hidden = true;
    return;
  }
  const rows = [
    ...ALL.map((method) => ({ mm: page.methods[method].mean, method }))
      .filter(({ mm }) => mm !== null),
    ...page.published.map(([name, mm, source]) => ({ name, mm, source })),
  ].sort((a, b) => a.mm - b.mm);
  const last = 1.06 * Math.max(...rows.map(({ mm }) => mm));
  place("published").append(make("table", {},
    make("thead", {}, make("tr", {}, heading("", false), scaleRow(last),
      heading("mean, mm"))),
    make("tbody", {}, ...rows.map((row) => publishedRow(row, last)))),
  make("p", { class: "hint" }, "Filled: this evaluation, with the interval of its mean. "
    + "Hollow: as published."));
}

function publishedRow({ name, mm, source, method }, last) {
  const left = share(mm, last);
  if (method === undefined) {
    return make("tr", {},
      make("th", { scope: "row" }, ...breakable(name),
        make("span", { class: "source" }, source)),
      strip(last, make("span", { class: "ring", style: { left } })),
      make("td", { class: "number" }, number(mm)));
  }
  const { low, high } = page.methods[method];
  const color = colourOf(method);
  const width = share(high - low, last);
  return make("tr", { class: "ours" },
    make("th", { scope: "row" }, methodLabel(method)),
    strip(last,
      make("span", { class: "range", style: { left: share(low, last), width, color } }),
      make("span", { class: "dot", style: { left, color } })),
    make("td", { class: "number" }, number(mm)));
}

function joints() {
  watch(["hidden"], () => {
    const methods = shown();
    const values = methods.flatMap((method) => page.methods[method].joints);
    const last = Math.max(...values.filter((value) => value !== null), 1e-3);
    const rows = page.joints.map((name, joint) => {
      const means = methods.map((method) => page.methods[method].joints[joint]);
      const best = bestOf(means, { highest: false });
      return make("tr", {},
        make("th", { scope: "row" }, name),
        make("td", { class: "track" }, ...means.map((mm, k) => make("div", {
          class: "bar", style: { width: share(mm || 0, last), color: colourOf(methods[k]) },
        }))),
        ...means.map((mm, k) => make("td", {
          class: best[k] ? "number best" : "number",
        }, number(mm))));
    });
    place("joints").replaceChildren(make("table", {},
      make("thead", {}, make("tr", {}, heading("joint", false), heading("", false),
        ...methods.map((method) => heading(methodLabel(method))))),
      make("tbody", {}, ...rows)));
  });
}
