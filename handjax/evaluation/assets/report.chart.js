// A drawing area with axes; its text keeps its size however wide the page is.

const MARGIN = { left: 38, right: 14, top: 30, bottom: 40 };

class Chart {
  /**
   * @param host where the chart goes.
   * @param height in pixels.
   * @param attributes of the svg element.
   * @param paint draws into the chart, and again when its width changes.
   */
  constructor(host, height, attributes, paint) {
    this.height = height;
    this.svg = draw("svg", { class: "chart", height, ...attributes });
    this.paint = paint;
    host.append(this.svg);
    new ResizeObserver(() => this.repaint()).observe(host);
  }

  repaint() {
    const width = this.svg.clientWidth;
    if (!width) return;
    this.right = width - MARGIN.right;
    this.bottom = this.height - MARGIN.bottom;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${this.height}`);
    this.svg.replaceChildren();
    this.paint(this);
  }

  /** Which values the sides of the area stand for: 0 to `x`, 0 to `y`. */
  scale(x, y) {
    this.last = { x, y };
  }

  x(value) {
    return MARGIN.left + (value / this.last.x) * (this.right - MARGIN.left);
  }

  y(value) {
    return this.bottom - (value / this.last.y) * (this.bottom - MARGIN.top);
  }

  valueAt(event) {
    const across = event.clientX - this.svg.getBoundingClientRect().left;
    const share = (across - MARGIN.left) / (this.right - MARGIN.left);
    return clamp(share, 0, 1) * this.last.x;
  }

  add(tag, attributes, ...children) {
    const element = draw(tag, attributes, ...children);
    this.svg.append(element);
    return element;
  }

  axes({ title, across, yTicks, xTicks, xText = String }) {
    this.add("text", { x: 0, y: 13, class: "title" }, title);
    for (const value of yTicks) {
      const y = this.y(value);
      this.add("line", { class: "grid", x1: MARGIN.left, x2: this.right, y1: y, y2: y });
      this.add("text", { x: MARGIN.left - 8, y: y + 4, "text-anchor": "end" },
        String(value));
    }
    for (const value of xTicks) {
      this.add("text", {
        x: this.x(value), y: this.bottom + 17, "text-anchor": "middle",
      }, xText(value));
    }
    this.add("text", {
      x: (MARGIN.left + this.right) / 2, y: this.bottom + 35, "text-anchor": "middle",
    }, across);
  }

  /** A group of which only what lies between the axes is seen. */
  window(id) {
    this.add("clipPath", { id }, draw("rect", {
      x: MARGIN.left, y: MARGIN.top, width: this.right - MARGIN.left,
      height: this.bottom - MARGIN.top,
    }));
    return this.add("g", { "clip-path": `url(#${id})` });
  }

  path(xs, ys) {
    const points = xs.map((x, k) => `${this.x(x).toFixed(1)},${this.y(ys[k]).toFixed(1)}`);
    return `M${points.join("L")}`;
  }
}

/** Let the pointer and the keys of a slider set a value from 0 to `last`. */
function answer(svg, { at, now, last, step, leap, set }) {
  const keys = {
    ArrowRight: () => now() + step, ArrowUp: () => now() + step,
    ArrowLeft: () => now() - step, ArrowDown: () => now() - step,
    PageUp: () => now() + leap, PageDown: () => now() - leap,
    Home: () => 0, End: () => last,
  };
  svg.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    set(clamp(keys[event.key](), 0, last));
  });
  svg.addEventListener("pointermove", (event) => set(at(event)));
  svg.addEventListener("pointerdown", (event) => set(at(event)));
}
