"use strict";
// One clock, `time`, that the video drives while it plays and the reader sets; everything shown follows from it.
const data = JSON.parse(document.getElementById("data").textContent);
const at = (id) => document.getElementById(id);
const make = (tag, parent, properties = {}) => parent.appendChild(Object.assign(document.createElement(tag), properties));
const video = at("video"), still = at("still"), overlay = at("overlay");
const T = data.classes.length, background = data.class_names[data.class_names.length - 1];
const percent = (share) => `${Math.round(100 * share)} %`;
const event = (name) => (name === background ? "no event" : name);
const marked = (s) => (data.unknown && data.unknown[s] ? ", unknown?" : "");
// Until the browser has shown that it can play the file, and where it cannot, a picture a second is shown.
let time = 0, filmed = false, playing = false, last = 0, shown = -1;

function second() {
  return Math.min(T - 1, Math.floor(time + 1e-6));
}

// What was ever likely, in the order of the model's columns; the rest would be rows of nothing.
const peaks = data.class_names.map((_, c) => Math.max(...data.probabilities.map((row) => row[c])));
const likely = [...peaks.keys()].sort((a, b) => peaks[b] - peaks[a]).slice(0, 8);
const rows = [...likely].filter((c) => peaks[c] >= 0.02 || data.class_names[c] === background).sort((a, b) => a - b);

function cell(parent, row, s, label, color, extra) {
  const made = make("button", parent, { type: "button", className: `cell ${extra}`, title: label, tabIndex: -1 });
  made.setAttribute("aria-label", label);
  made.style.cssText = `grid-row:${row};grid-column:${s + 2};background:${color}`;
  made.addEventListener("click", () => seek(s));
  return made;
}

function line(title, names, row, describe) {
  const timeline = at("timeline"), group = { className: "name", textContent: title };
  const heading = make("div", timeline, group);
  heading.style.gridRow = row;
  const cells = names.map((name, s) => {
    const made = cell(timeline, row, s, `${title}, second ${s}: ${event(name)}${describe(s)}`, data.colors[name], "event");
    made.dataset.line = title;
    made.dataset.second = s;
    return made;
  });
  for (let s = 0, end; s < T; s = end) {
    end = s + 1;
    while (end < T && names[end] === names[s]) end += 1;
    if (names[s] === background) continue;
    const run = make("span", timeline, { className: "run", textContent: names[s] });
    run.setAttribute("aria-hidden", "true");
    run.style.cssText = `grid-row:${row};grid-column:${s + 2}/${end + 2}`;
  }
  return cells;
}

function drawTimeline() {
  const timeline = at("timeline");
  timeline.style.gridTemplateColumns = `var(--label) repeat(${T}, minmax(${T > 60 ? 6 : 14}px, 1fr))`;
  const step = [1, 2, 5, 10, 30, 60].find((n) => T / n <= 20) || 60;
  for (let s = 0; s < T; s += step) {
    const tick = make("span", timeline, { className: "tick", textContent: `${s} s` });
    tick.style.cssText = `grid-row:1;grid-column:${s + 2}/${Math.min(s + step, T) + 2}`;
  }
  const cells = line("Model", data.classes, 2, (s) => `, ${percent(Math.max(...data.probabilities[s]))} sure${marked(s)}`);
  if (data.unknown) cells.forEach((made, s) => made.classList.toggle("unknown", data.unknown[s]));
  // One stop of the Tab key for the timeline; arrows go on from there.
  cells[0].tabIndex = 0;
  let row = 3;
  if (data.truth) line("Truth", data.truth, row++, () => "");
  for (const c of rows) {
    const name = data.class_names[c];
    make("div", timeline, { className: "name", textContent: name, title: name }).style.gridRow = row;
    for (let s = 0; s < T; s++) {
      const share = data.probabilities[s][c], color = data.colors[name];
      const mixed = `color-mix(in srgb, ${color} ${Math.round(100 * share)}%, var(--back))`;
      const made = cell(timeline, row, s, `${name}, second ${s}: ${percent(share)}`, mixed, "heat");
      made.setAttribute("aria-hidden", "true");
    }
    row += 1;
  }
  make("div", timeline, { id: "cursor" });
}

function drawBars() {
  for (const c of rows) {
    const bar = make("div", at("bars"), { className: "bar" });
    make("span", bar, { textContent: data.class_names[c], title: data.class_names[c] });
    const fill = make("div", make("div", bar, { className: "track" }), { className: "fill" });
    fill.style.background = data.colors[data.class_names[c]];
    make("span", bar, { className: "value" });
  }
}

function showBars(s) {
  rows.forEach((c, i) => {
    const bar = at("bars").children[i], share = data.probabilities[s][c];
    bar.querySelector(".fill").style.width = `${100 * share}%`;
    bar.lastChild.textContent = percent(share);
  });
  const name = data.classes[s], sure = Math.max(...data.probabilities[s]);
  at("answer").textContent = `Second ${s}: ${event(name)}${marked(s)}, ${percent(sure)}`;
  if (data.truth) make("small", at("answer"), { textContent: `truth: ${event(data.truth[s])}` });
}

function showAttention(s) {
  const context = overlay.getContext("2d");
  context.clearRect(0, 0, overlay.width, overlay.height);
  if (!data.attention) return;
  const map = data.attention[s], height = map.length, width = map[0].length;
  const largest = Math.max(...map.flat());
  at("peak").textContent = `largest weight ${percent(largest)}; alike everywhere would be ${percent(1 / (height * width))}`;
  if (!at("show").checked) return;
  const small = document.createElement("canvas");
  [small.width, small.height] = [width, height];
  const pixels = small.getContext("2d").createImageData(width, height);
  map.flat().forEach((weight, i) => {
    // Nothing is subtracted: weights that are all alike colour the whole picture alike.
    const [r, g, b] = data.colormap[Math.round((255 * weight) / largest)];
    pixels.data.set([r, g, b, 255], 4 * i);
  });
  small.getContext("2d").putImageData(pixels, 0, 0);
  context.globalAlpha = Number(at("strength").value);
  context.imageSmoothingQuality = "high";
  context.drawImage(small, 0, 0, overlay.width, overlay.height);
}

function show() {
  const s = second();
  at("slider").value = time;
  at("slider").setAttribute("aria-valuetext", `${time.toFixed(1)} of ${T} seconds`);
  at("clock").textContent = `${time.toFixed(1)} / ${T} s`;
  const cells = document.querySelectorAll('.event[data-line="Model"]');
  const first = cells[0], end = cells[T - 1], box = first.offsetLeft;
  at("cursor").style.left = `${box + ((end.offsetLeft + end.offsetWidth - box) * Math.min(time, T)) / T}px`;
  if (s === shown) return;
  shown = s;
  still.src = data.frames[s];
  still.alt = `Picture of second ${s}`;
  showAttention(s);
  showBars(s);
  cells.forEach((made, i) => {
    made.tabIndex = i === s ? 0 : -1;
    made.toggleAttribute("aria-current", i === s);
  });
}

function seek(to) {
  time = Math.min(Math.max(to, 0), T);
  if (video.readyState) video.currentTime = Math.min(time, video.duration || time);
  show();
}

function play(wanted) {
  if (wanted && time >= T - 0.01) seek(0);
  playing = wanted;
  at("play").textContent = playing ? "❚❚ Pause" : "▶ Play";
  at("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  if (video.readyState) playing ? video.play().catch(() => play(false)) : video.pause();
  last = performance.now();
  if (playing) requestAnimationFrame(tick);
}

function tick(now) {
  if (!playing) return;
  // The film's own clock; without one, the wall's. A frame's time may lie before the click that asked for it.
  time = Math.min(T, video.readyState && !video.ended ? video.currentTime : time + Math.max(0, now - last) / 1000);
  last = now;
  show();
  if (time >= T) play(false);
  else requestAnimationFrame(tick);
}

function look() {
  still.hidden = filmed;
  video.hidden = !filmed;
}

function key(pressed) {
  if (pressed.ctrlKey || pressed.altKey || pressed.metaKey) return;
  const field = pressed.target.matches("input"), button = pressed.target.matches("button");
  const acts = {
    " ": () => play(!playing),
    ArrowLeft: () => seek(second() - 1),
    ArrowRight: () => seek(Math.min(second() + 1, T - 1)),
    Home: () => seek(0),
    End: () => seek(T - 1),
    a: () => at("show").click(),
  };
  const act = acts[pressed.key.length === 1 ? pressed.key.toLowerCase() : pressed.key];
  // A slider has its own arrows, and a button its own space bar.
  if (!act || (field && pressed.key !== "a") || (button && pressed.key === " " && !pressed.target.matches(".cell"))) return;
  pressed.preventDefault();
  act();
  if (pressed.target.matches(".cell")) document.querySelector(`.event[data-line="Model"][data-second="${second()}"]`).focus();
}

at("name").textContent = data.video;
const told = data.events.map((e) => `${e.event} ${e.start}–${e.end} s`).join(", ");
at("summary").textContent = `${data.model} finds: ${told || "no event"}`;
const strange = [...new Set(data.truth || [])].filter((name) => !data.class_names.includes(name));
if (strange.length) data.notes.unshift(`The model has no class ${strange.join(", ")}: there it cannot be right.`);
for (const note of data.notes) make("p", at("notes"), { textContent: note });
at("slider").max = T;
at("attention").hidden = !data.attention;
const [width, height] = data.size;
at("stage").style.cssText = `aspect-ratio:${width}/${height};width:min(100%, calc(62vh * ${width / height}))`;
[overlay.width, overlay.height] = [448, Math.round((448 * height) / width)];
drawTimeline();
drawBars();
look();
show();

at("play").addEventListener("click", () => play(!playing));
at("back").addEventListener("click", () => seek(second() - 1));
at("on").addEventListener("click", () => seek(Math.min(second() + 1, T - 1)));
at("slider").addEventListener("input", () => seek(Number(at("slider").value)));
at("show").addEventListener("change", () => showAttention(second()));
at("strength").addEventListener("input", () => showAttention(second()));
video.addEventListener("loadeddata", () => {
  filmed = video.videoWidth > 0;
  look();
  if (time) video.currentTime = time;
});
addEventListener("keydown", key);
addEventListener("resize", show);
