// The hand in space: drag or arrow keys turn it, + and - bring it nearer.

const VIEWS = {
  "turned": { yaw: -0.55, pitch: -0.3 },
  "as the camera saw it": { yaw: 0, pitch: 0 },
  "side": { yaw: -Math.PI / 2, pitch: 0 },
  "top": { yaw: 0, pitch: -Math.PI / 2 },
};
const START = { ...VIEWS.turned, zoom: 1 };

const HINT = "Drag or use the arrow keys to turn, + and − to zoom.";

/** Why there is nothing to draw. */
function missing() {
  return handsOf(state.frame) ? "Nothing is switched on."
    : "The joints of this frame are not in the page.";
}

/** Points turned and projected; `near` grows towards the eye. */
function projection({ yaw, pitch, zoom }, middle, radius, width, height) {
  const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
  const eye = 5 * radius;
  const scale = (0.5 * zoom * Math.min(width, height)) / radius;
  return (point) => {
    const [x, y, z] = point.map((value, axis) => value - middle[axis]);
    const across = cy * x + sy * z;
    const deep = -sy * x + cy * z;
    const [down, away] = [cp * y - sp * deep, sp * y + cp * deep];
    const size = (scale * eye) / (eye + away);
    return { x: width / 2 + size * across, y: height / 2 + size * down, away, size };
  };
}

/** Middle of the known points and the radius around it that holds them all. */
function extent(points) {
  const middle = [0, 1, 2].map((axis) => {
    const values = points.map((point) => point[axis]);
    return (Math.min(...values) + Math.max(...values)) / 2;
  });
  const far = points.map((point) => Math.hypot(...point.map((v, axis) => v - middle[axis])));
  return { middle, radius: Math.max(...far, 20) };
}

/** The hands that are to be drawn, the truth first: predictions lie on top of it. */
function handsInSpace() {
  const found = handsOf(state.frame);
  if (!found) return [];
  const hand = (joints, colour, name) => ({ joints, truth: found.truth, colour, name });
  const methods = ALL.filter((method) => state.inSpace.has(method) && found.predicted[method]);
  return [
    ...(state.inSpace.has("truth") ? [hand(found.truth, "--truth", "truth")] : []),
    ...methods.map((method) => hand(
      found.predicted[method], `--m${method % 8}`, page.methods[method].name)),
  ];
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function skeleton() {
  const canvas = make("canvas", {
    tabindex: 0, role: "img", "aria-roledescription": "3D view", "aria-describedby": "turning",
    "aria-label": "True and predicted joints in space",
  });
  const told = make("p", { class: "hint", id: "turning" });
  const views = make("div", { class: "choices" });
  place("skeleton").append(canvas, views, told);
  let view = START;
  let dots = [];
  const turn = (part) => { view = { ...view, ...part }; paint(); };

  function paint() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const hands = handsInSpace();
    const points = hands.flatMap(({ joints }) => joints).filter(Boolean);
    canvas.dataset.yaw = view.yaw.toFixed(3);
    canvas.dataset.pitch = view.pitch.toFixed(3);
    told.textContent = points.length ? HINT : missing();
    dots = [];
    if (!points.length) return;
    const { middle, radius } = extent(points);
    const project = projection(view, middle, radius, width, height);
    dots = paintHands(pen, hands, project, radius);
    paintScale(pen, project(middle).size, width, height);
  }

  function name(event) {
    const near = dots.map((dot) => ({
      ...dot, gap: Math.hypot(dot.x - event.offsetX, dot.y - event.offsetY),
    })).filter(({ gap }) => gap < 14).sort((a, b) => a.gap - b.gap)[0];
    if (near) told.textContent = near.text;
  }

  canvas.addEventListener("pointerdown", (event) => canvas.setPointerCapture(event.pointerId));
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons) return name(event);
    return turn({
      yaw: view.yaw - 0.01 * event.movementX,
      pitch: clamp(view.pitch + 0.01 * event.movementY, -Math.PI / 2, Math.PI / 2),
    });
  });
  canvas.addEventListener("keydown", (event) => {
    const part = turnOf(event.key, view);
    if (!part) return;
    event.preventDefault();
    turn(part);
  });
  views.append(...Object.entries(VIEWS).map(([text, part]) => make("button", {
    type: "button", class: "choice", onclick: () => turn({ ...part, zoom: 1 }),
  }, text)));
  new ResizeObserver(paint).observe(canvas);
  watch(["frame", "inSpace", "printing"], paint);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

function turnOf(key, { yaw, pitch, zoom }) {
  const limit = (angle) => clamp(angle, -Math.PI / 2, Math.PI / 2);
  const turns = {
    ArrowLeft: { yaw: yaw + 0.12 }, ArrowRight: { yaw: yaw - 0.12 },
    ArrowUp: { pitch: limit(pitch - 0.12) }, ArrowDown: { pitch: limit(pitch + 0.12) },
    "+": { zoom: Math.min(zoom * 1.15, 4) }, "-": { zoom: Math.max(zoom / 1.15, 0.4) },
    Home: START,
  };
  turns["="] = turns["+"];
  return turns[key];
}

/** A hand after the other, each from its far end; returns where the joints are. */
function paintHands(pen, hands, project, radius) {
  const paper = colour("--faint");
  pen.lineCap = "round";
  return hands.flatMap((hand) => {
    const strokes = strokesOf(hand, project, colour(hand.colour), paper, radius);
    strokes.sort((a, b) => b.away - a.away).forEach(({ paint }) => paint(pen));
    return strokes.filter(({ text }) => text);
  });
}

/** Bones and joints of a hand; the truth is broad, so that it shows below the rest. */
function strokesOf({ joints, truth, name }, project, ink, paper, radius) {
  // What is farther is paler.
  const shade = (away) => mixed(ink, paper, clamp(0.15 + (0.3 * away) / radius, 0, 0.4));
  const broad = joints === truth;
  const at = joints.map((joint) => joint && project(joint));
  const bones = page.bones.filter(([a, b]) => at[a] && at[b]).map(([a, b]) => {
    const away = (at[a].away + at[b].away) / 2;
    return { away, paint: (pen) => {
      if (broad) line(pen, at[a], at[b], paper, 11);
      line(pen, at[a], at[b], shade(away), broad ? 7 : 2.5);
    } };
  });
  const known = page.joints.map((_, joint) => joint).filter((joint) => at[joint]);
  const dots = known.map((joint) => ({
    ...at[joint], text: labelOf(joints, truth, joint, name),
    paint: (pen) => {
      const home = !broad && truth[joint];
      if (home) line(pen, at[joint], project(home), mixed(ink, paper, 0.4), 1, [2, 3]);
      dot(pen, at[joint].x, at[joint].y, broad ? 5.5 : 4, shade(at[joint].away));
    },
  }));
  return [...bones, ...dots];
}

/** A colour of two, both as #rrggbb. */
function mixed(ink, paper, share) {
  const parts = [1, 3, 5].map((at) => {
    const [a, b] = [ink, paper].map((hex) => parseInt(hex.slice(at, at + 2), 16));
    return Math.round(a + share * (b - a));
  });
  return `rgb(${parts.join()})`;
}

function labelOf(joints, truth, joint, name) {
  const home = joints !== truth && truth[joint];
  const slip = home && Math.hypot(...joints[joint].map((value, axis) => value - home[axis]));
  return `${page.joints[joint]}, ${name}${home ? `: ${number(slip, 1)} mm off` : ""}`;
}

function line(pen, from, to, ink, width, dash = []) {
  pen.strokeStyle = ink;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  pen.moveTo(from.x, from.y);
  pen.lineTo(to.x, to.y);
  pen.stroke();
}

function dot(pen, x, y, radius, ink) {
  pen.fillStyle = ink;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
}

/** A bar as long as some millimetres at the hand's middle. */
function paintScale(pen, size, width, height) {
  const mm = [10, 20, 50, 100, 200].find((length) => length * size > 40) || 500;
  const [right, y] = [width - 16, height - 16];
  line(pen, { x: right - mm * size, y }, { x: right, y }, colour("--soft"), 1.5);
  pen.fillStyle = colour("--soft");
  pen.font = "12px system-ui, sans-serif";
  pen.textAlign = "right";
  pen.fillText(`${mm} mm`, right, y - 7);
}
