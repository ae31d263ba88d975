"use strict";
(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const {head, forms, strings, wordings, layouts, rules, batch, summary} = data;
const SEVERITIES = ["error", "warning", "info"], LOOKS = [...SEVERITIES, "waived"];
const lookOf = finding => finding[11] ? 3 : finding[1];
const MANY = 200, FEW = 4;

// ---- words of the page ---------------------------------------------------------------------

const WORDS = {
  over: ["财政项目支出绩效自评表", "Project expenditure self-evaluation"],
  title: ["绩效自评表核验报告", "Review of self-evaluation forms"],
  skip: ["跳到正文", "Skip to the content"], language: ["语言", "Language"],
  print: ["打印", "Print"], printForms: ["打印所列各表", "Print the forms listed"],
  files: ["{n} 个文件", "{n} files"], formsN: ["{n} 张表", "{n} forms"],
  all: ["全部", "All"], fail: ["退回", "To be returned"], notes: ["有提示", "Notes"], pass: ["通过", "Passed"],
  rejected: ["未能核验", "Not judged"], internal_error: ["程序出错", "perfxl failed"],
  error: ["错误", "Error"], warning: ["提醒", "Warning"], info: ["提示", "Info"],
  errors: ["错误", "Errors"], warnings: ["提醒", "Warnings"], infos: ["提示", "Infos"],
  scores: ["总分分布", "Total scores"],
  scoresSub: ["按所填总分，每 5 分一档", "As stated, in steps of 5 points"],
  good: ["与各行得分相符", "adds up"], wrong: ["总分有误", "total is wrong"],
  below: ["不足 {n}", "below {n}"],
  grades: ["评级", "Grades"], gradesSub: ["按所填总分", "Of the total as stated"], blank: ["未填总分", "no total"],
  common: ["最常见的问题", "Commonest findings"], commonSub: ["条数；点击筛选", "Findings; click to filter"],
  search: ["查找", "Search"], searchHint: ["项目、单位、文件名", "project, unit, file name"],
  unit: ["实施单位", "Unit"], severity: ["级别", "Severity"], rule: ["规则", "Rule"], status: ["结论", "Status"],
  any: ["不限", "Any"], clear: ["清除筛选", "Clear"],
  list: ["各表", "Forms"], shown: ["所列 {n} 张，共 {m} 张", "{n} of {m} listed"], none: ["没有符合条件的表。", "No form fits these filters."],
  more: ["再列 {n} 张", "Show {n} more"],
  project: ["项目 · 单位", "Project · unit"], budget: ["全年预算数", "Annual budget"], rate: ["执行率", "Execution rate"],
  total: ["总分", "Total"], grade: ["评级", "Grade"], unnamed: ["（未填项目名称）", "(no project name)"],
  back: ["返回列表", "Back to the list"], previous: ["上一张", "Previous"], next: ["下一张", "Next"],
  nth: ["第 {n} 张，共 {m} 张", "{n} of {m}"],
  drawn: ["表样按收到的工作表绘制；标记处有问题，点击查看。", "Drawn as the sheet was received; marked cells have findings: click one."],
  cut: ["工作表超出表样的部分没有绘出。", "What lies beyond the form is not drawn."],
  sheet: ["收到的表", "The form as received"], findings: ["问题", "Findings"], noFindings: ["没有问题。", "No findings."],
  expected: ["应为", "Expected"], actual: ["实填", "Stated"], difference: ["差额", "Difference"],
  why: ["原因", "Cause"], likely: ["可能的原因", "Possible cause"], or: ["或", "or"], todo: ["处理", "Do"],
  follows: ["由 {cell} 的 {rule} 引起", "Follows from {rule} at {cell}"], theForm: ["本表", "the form"],
  whole: ["全表", "the form"], places: ["{n} 处", "{n} places"], moreplaces: ["另 {n} 处", "{n} more"],
  waived: ["已豁免", "Waived"], waiver: ["豁免", "Waived"], notRun: ["未能核验的规则", "Rules not run"], lacking: ["缺 {what}", "for want of {what}"],
  odd: ["未识别的内容", "Not understood"], remarks: ["备注", "Remarks"], about: ["关于本表", "About this form"],
  file: ["文件", "File"], dept: ["主管部门", "Department"], year: ["年度", "Year"], currency: ["金额单位", "Currency unit"],
  form: ["表样", "Form"], sha: ["SHA-256", "SHA-256"], worksheet: ["工作表", "Sheet"],
  stamp: ["标识", "stamp"], labels: ["栏目文字", "labels"], option: ["命令指定", "option"],
  across: ["跨表核对", "Across forms"],
  keys: ["键盘：{j} {k} 逐条查看，{l} 在表与问题之间跳转，{p} {n} 换表，{e} 返回", "Keys: {j} {k} walk the findings, {l} jumps between cell and finding, {p} {n} other form, {e} back"],
  cellHas: ["{n}，单元格 {cell}：{list}", "{n}, cell {cell}: {list}"],
  made: ["{day} 由 perfxl {tool} 生成；不访问网络。", "Made by perfxl {tool}, {day}; uses no network."],
  madeUndated: ["由 perfxl {tool} 生成；不访问网络。", "Made by perfxl {tool}; uses no network."],
  ready: ["{n} 张", "{n} forms"], asc: ["升序", "ascending"], desc: ["降序", "descending"],
};
let lang = head.lang === "zh" ? 0 : 1;
const t = (key, facts) => {
  const text = WORDS[key][lang];
  return facts ? text.replace(/\{(\w+)\}/g, (slot, name) => Object.hasOwn(facts, name) ? facts[name] : slot) : text;
};
const str = number => number >= 0 && number !== null ? strings[number] : "";
const say = wording => {
  const [at, ...values] = Array.isArray(wording) ? wording : [wording];
  if (at === undefined || at === null || at < 0) return "";
  const [zh, en, names] = wordings[at];
  const text = lang ? en : zh;
  return names.length ? text.replace(/\{(\w+)\}/g, (slot, name) => {
    const place = names.indexOf(name);
    return place < 0 ? slot : str(values[place]);
  }) : text;
};
const count = number => number.toLocaleString("en-US");
const grouped = text => /^-?\d+(\.\d+)?$/.test(text) ? text.replace(/\B(?=(\d{3})+(?!\d))/g, (comma, _, at) => {
  const dot = text.indexOf(".");
  return dot >= 0 && at > dot ? "" : ",";
}) : text;
const percent = text => text === null ? "" : text + "%";

// ---- elements: texts only ever become text nodes --------------------------------------------

const put = (node, parts) => { for (const part of parts.flat(3)) if (part !== null && part !== undefined && part !== false) node.append(part); return node; };
const el = (name, attributes, ...parts) => {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "class") node.className = value;
    else if (key === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
    else node.setAttribute(key, value === true ? "" : value);
  }
  return put(node, parts);
};
const svg = (name, attributes, ...parts) => {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes || {})) node.setAttribute(key, value);
  return put(node, parts);
};
const button = (words, attributes, run) => el("button", {type: "button", ...attributes, on: {click: run}}, words);
const byId = id => document.getElementById(id);
const announce = text => { byId("said").textContent = text; };

// ---- what is known of each form --------------------------------------------------------------

const letters = number => { let name = ""; while (number > 0) { name = String.fromCharCode(65 + (number - 1) % 26) + name; number = Math.floor((number - 1) / 26); } return name; };
const known = forms.map((form, at) => {
  const counts = [0, 0, 0], codes = new Set();
  for (const finding of form.findings || []) { if (!finding[11]) counts[finding[1]] += 1; codes.add(finding[0]); }
  const total = form.total === null || form.total === undefined ? null : Number(form.total);
  return {
    at, form, counts, codes, total, status: form.status, unit: form.unit === undefined ? -1 : form.unit,
    project: str(form.project ?? -1), file: str(form.file), grade: str(form.grade ?? -1),
    rate: form.money && form.money[3] !== null && form.money[3] !== undefined ? Number(form.money[3]) : null,
    budget: form.money && form.money[1] !== null && form.money[1] !== undefined ? Number(form.money[1]) : null,
    wrong: (form.findings || []).some(finding => rules[finding[0]][0] === "T01" && !finding[11]), words: null,
  };
});
const wordsOf = one => one.words ??= [one.project, str(one.unit), one.file, str(one.form.dept ?? -1), str(one.form.sheet ?? -1), one.form.code || "",
  ...[...one.codes].map(code => rules[code][0])].join("\n").toLowerCase();

const filters = {text: "", unit: "", severity: "", rule: "", status: "", grade: "", bin: ""};
const order = {by: "", down: false};
let listed = known, limit = MANY;
const BIN = 5, FIRST = 50;
const binOf = total => total === null ? null : total < FIRST ? -1 : Math.min(Math.floor((total - FIRST) / BIN), 9);
const fits = one =>
  (!filters.status || one.status === filters.status) && (filters.unit === "" || one.unit === Number(filters.unit)) &&
  (filters.severity === "" || one.counts[Number(filters.severity)] > 0) && (filters.rule === "" || one.codes.has(Number(filters.rule))) &&
  (filters.grade === "" || (one.total !== null || one.status in JUDGED ? one.grade : null) === filters.grade.slice(1)) &&
  (filters.bin === "" || binOf(one.total) === Number(filters.bin)) &&
  (!filters.text || filters.text.toLowerCase().split(/\s+/).every(word => wordsOf(one).includes(word)));
const JUDGED = {pass: 1, notes: 1, fail: 1};
const ORDERS = {
  project: one => one.project, rate: one => one.rate, total: one => one.total, budget: one => one.budget,
  errors: one => one.counts[0], warnings: one => one.counts[1], infos: one => one.counts[2],
  status: one => ["internal_error", "rejected", "fail", "notes", "pass"].indexOf(one.status),
};
const arrange = () => {
  listed = known.filter(fits);
  if (order.by) {
    const value = ORDERS[order.by], sign = order.down ? -1 : 1;
    listed.sort((a, b) => {
      const one = value(a), other = value(b);
      if (one === null || other === null) return (one === null) - (other === null) || a.at - b.at;
      return sign * (typeof one === "string" ? one.localeCompare(other, "zh-CN") : one - other) || a.at - b.at;
    });
  }
};

// ---- overview --------------------------------------------------------------------------------

const countBy = key => { const found = new Map(); for (const one of known) { const value = key(one); if (value !== null) found.set(value, (found.get(value) || 0) + 1); } return found; };
const toggle = (name, value) => { filters[name] = filters[name] === value ? "" : value; limit = MANY; refresh(); };
const sized = (node, property, value) => { node.style[property] = value; return node; };

const statesCard = () => {
  const counts = countBy(one => one.status);
  const names = ["fail", "notes", "pass", "rejected"];
  if (counts.get("internal_error")) names.push("internal_error");
  const bar = el("div", {class: "bar", "aria-hidden": "true"});
  for (const name of names) if (counts.get(name)) bar.append(sized(el("span", {class: "s-" + (name === "internal_error" ? "rejected" : name)}), "flexGrow", counts.get(name)));
  const item = (name, number, pressed, run) => el("li", null, el("button", {type: "button", "aria-pressed": String(pressed), on: {click: run}},
    el("b", null, count(number)), el("small", null, el("i", {class: "s-" + (name === "internal_error" ? "rejected" : name)}), t(name))));
  return el("section", {class: "card states", "aria-label": t("status")}, bar, el("ul", null,
    item("all", known.length, !filters.status, () => { filters.status = ""; refresh(); }),
    names.map(name => item(name, counts.get(name) || 0, filters.status === name, () => toggle("status", name)))));
};

const scoresCard = () => {
  const bins = Array.from({length: 11}, () => [0, 0]);
  for (const one of known) { const bin = binOf(one.total); if (bin !== null) bins[bin + 1][Number(one.wrong)] += 1; }
  const from = bins.slice(0, 6).some(bin => bin[0] + bin[1]) ? 0 : 5;
  const used = bins.slice(from), most = Math.max(1, ...used.map(bin => bin[0] + bin[1]));
  const W = 460, H = 236, base = 206, step = W / used.length, wide = Math.min(46, step - 6);
  const picture = svg("svg", {class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": t("scores") + ": " + used.map((bin, place) => `${label(place + from)} ${bin[0] + bin[1]}`).join("; ")});
  function label(bin) { return bin === 0 ? "<" + FIRST : bin === 10 ? "95–100" : `${FIRST + (bin - 1) * BIN}–`; }
  used.forEach(([good, wrong], place) => {
    const x = place * step + (step - wide) / 2, all = good + wrong, unit = 178 / most;
    if (good) picture.append(svg("rect", {class: "good", x, y: base - good * unit, width: wide, height: good * unit, rx: 1.5}));
    if (wrong) picture.append(svg("rect", {class: "wrong", x, y: base - all * unit, width: wide, height: Math.max(wrong * unit - (good ? 1.5 : 0), 1), rx: 1.5}));
    if (all) picture.append(svg("text", {class: "count", x: x + wide / 2, y: base - all * unit - 6, "text-anchor": "middle"}, count(all)));
    picture.append(svg("text", {x: x + wide / 2, y: base + 18, "text-anchor": "middle"}, label(place + from)));
  });
  picture.append(svg("line", {class: "axis", x1: 0, x2: W, y1: base + .5, y2: base + .5}));
  return el("section", {class: "card"}, el("h2", null, t("scores")), el("p", {class: "sub"}, t("scoresSub")), picture,
    el("p", {class: "key"}, el("span", null, el("i", {class: "good"}), t("good")), el("span", null, el("i", {class: "wrong"}), t("wrong"))));
};

const bars = (entries, most, name) => el("ul", {class: "bars"}, entries.map(([value, before, words, number, shade]) =>
  el("li", null, el("button", {type: "button", "aria-pressed": String(filters[name] === value), on: {click: () => toggle(name, value)}},
    el("span", {class: "name"}, before ? el("code", null, before) : null, before ? " " : null, words), el("span", {class: "count"}, count(number)),
    el("span", {class: "track"}, sized(el("i", {class: "fill-" + shade}), "width", (100 * number / most).toFixed(1) + "%"))))));

const gradesCard = () => {
  const counts = countBy(one => one.status in JUDGED ? one.grade : null);
  const rank = grade => { const place = ["优", "良", "中", "差"].indexOf(grade); return grade === "" ? 99 : place < 0 ? 50 : place; };
  const entries = [...counts].sort((a, b) => rank(a[0]) - rank(b[0])).map(([grade, number]) => ["=" + grade, "", grade || t("blank"), number, "info"]);
  return el("section", {class: "card"}, el("h2", null, t("grades")), el("p", {class: "sub"}, t("gradesSub")),
    entries.length ? bars(entries, Math.max(...entries.map(entry => entry[3])), "grade") : el("p", {class: "sub"}, "–"));
};

const commonCard = () => {
  const counts = new Map();
  for (const one of known) for (const finding of one.form.findings || []) if (!finding[11]) counts.set(finding[0], (counts.get(finding[0]) || 0) + 1);
  const entries = [...counts].sort((a, b) => b[1] - a[1] || rules[a[0]][0].localeCompare(rules[b[0]][0])).slice(0, 7)
    .map(([rule, number]) => [String(rule), rules[rule][0], rules[rule][1 + lang], number, rules[rule][3]]);
  return el("section", {class: "card"}, el("h2", null, t("common")), el("p", {class: "sub"}, t("commonSub")),
    entries.length ? bars(entries, entries[0][3], "rule") : el("p", {class: "sub"}, t("noFindings")));
};

const acrossCard = () => batch.length ? el("section", {class: "card across"}, el("h2", null, t("across")), el("ul", null, batch.map(entry => el("li", null,
  el("code", {class: "c-" + SEVERITIES[entry[1]]}, rules[entry[0]][0]), " ", say(entry[2]), " ", entry[3] ? el("span", {class: "minor"}, say(entry[3])) : null, entry[5] ? el("span", {class: "follows"}, ` ${t("waiver")} `, say(entry[5])) : null,
  el("div", {class: "chips"}, entry[4].slice(0, 40).map(place => chipOfForm(place)), entry[4].length > 40 ? t("moreplaces", {n: count(entry[4].length - 40)}) : null))))) : null;
const chipOfForm = ([file, sheet, cell]) => {
  const one = known.find(each => each.form.file === file && (each.form.sheet ?? -1) === sheet);
  const words = (one && one.project || str(file)) + (cell ? " " + cell : "");
  return one ? el("a", {class: "chip", href: "#f" + (one.at + 1)}, words) : el("span", {class: "chip"}, words);
};

// ---- filters and list ------------------------------------------------------------------------

const choice = (name, entries) => el("label", null, t(name), el("select", {id: "by-" + name, on: {change: event => { filters[name] = event.target.value; limit = MANY; refresh(); }}},
  el("option", {value: ""}, t("any")), entries.map(([value, words]) => el("option", {value, selected: filters[name] === value}, words))));
const filterBar = () => {
  const units = [...countBy(one => one.unit >= 0 ? one.unit : null)].sort((a, b) => str(a[0]).localeCompare(str(b[0]), "zh-CN"));
  const codes = new Map();
  for (const one of known) for (const code of one.codes) codes.set(code, (codes.get(code) || 0) + 1);
  const ofRules = [...codes].sort((a, b) => rules[a[0]][0].localeCompare(rules[b[0]][0]));
  let wait = 0;
  const search = el("input", {type: "search", id: "search", placeholder: t("searchHint"), value: filters.text, autocomplete: "off", on: {input: event => {
    clearTimeout(wait); wait = setTimeout(() => { filters.text = event.target.value.trim(); limit = MANY; refresh(true); }, 120);
  }}});
  return el("form", {class: "filters", role: "search", on: {submit: event => event.preventDefault()}},
    el("label", null, t("search"), search),
    choice("unit", units.map(([unit, number]) => [String(unit), `${str(unit)} (${number})`])),
    choice("severity", SEVERITIES.map((name, at) => [String(at), t(name)])),
    choice("rule", ofRules.map(([rule, number]) => [String(rule), `${rules[rule][0]} ${rules[rule][1 + lang]} (${number})`])),
    choice("status", ["fail", "notes", "pass", "rejected", "internal_error"].filter(name => known.some(one => one.status === name)).map(name => [name, t(name)])),
    button(t("clear"), {class: "plain", id: "clear"}, () => { for (const name of Object.keys(filters)) filters[name] = ""; limit = MANY; refresh(); byId("search").focus(); }));
};
const COLUMNS = [["status", ""], ["project", "wide"], ["budget", "r"], ["rate", "r"], ["total", "r"], ["grade", ""], ["errors", "r"], ["warnings", "r"], ["infos", "r"]];
const sortBy = name => { if (order.by !== name) { order.by = name; order.down = name !== "project" && name !== "status"; } else if (order.down === (name === "project" || name === "status")) order.by = ""; else order.down = !order.down; refresh(); };
const row = one => {
  const num = (number, name) => el("td", {class: "r " + (number ? "c-" + name : "zero"), "data-h": t(name + "s")}, count(number));
  const unit = str(one.unit), file = one.file + (one.form.sheet >= 0 ? ` [${str(one.form.sheet)}]` : "");
  const name = one.project || (one.form.code ? one.form.code : t("unnamed"));
  return el("tr", null, el("td", null, el("span", {class: "state " + one.status}, t(one.status))),
    el("td", {class: "wide"}, el("a", {href: "#f" + (one.at + 1)}, name), el("span", {class: "minor"}, unit, el("span", {class: "of-file"}, unit ? " · " : "", file))),
    el("td", {class: "r", "data-h": t("budget")}, one.budget === null ? "" : grouped(one.form.money[1])),
    el("td", {class: "r", "data-h": t("rate")}, one.rate === null ? "" : percent(one.form.money[3])),
    el("td", {class: "r", "data-h": t("total")}, one.form.total ?? ""), el("td", {"data-h": t("grade")}, one.grade),
    num(one.counts[0], "error"), num(one.counts[1], "warning"), num(one.counts[2], "info"));
};
const listPart = () => {
  const heads = COLUMNS.map(([name, look]) => el("th", {scope: "col", class: look, "aria-sort": order.by === name ? (order.down ? "descending" : "ascending") : null},
    name === "grade" ? t(name) : button([t(name), order.by === name ? (order.down ? " ↓" : " ↑") : ""], null, () => sortBy(name))));
  const shown = listed.slice(0, limit);
  return el("section", {id: "list"},
    el("div", {class: "tally"}, el("h2", null, t("list")), el("span", null, t("shown", {n: count(listed.length), m: count(known.length)}), " ", button(t("printForms"), {class: "plain", id: "print-forms"}, () => printForms()))),
    el("div", {class: "list"}, shown.length ? el("table", null, el("caption", {class: "unseen"}, t("list")), el("thead", null, el("tr", null, heads)), el("tbody", null, shown.map(row))) : el("p", {class: "none"}, t("none")),
      listed.length > limit ? button(t("more", {n: count(Math.min(MANY, listed.length - limit))}), {class: "more"}, () => { limit += MANY; refresh(true); }) : null));
};

const refresh = listOnly => {
  arrange();
  announce(t("shown", {n: count(listed.length), m: count(known.length)}));
  if (listOnly) { byId("list").replaceWith(listPart()); return; }
  const focus = document.activeElement, place = focus && focus.closest("button,select,input") ? [...document.querySelectorAll("#main button,#main select,#main input")].indexOf(focus) : -1;
  overview();
  if (place >= 0) { const again = document.querySelectorAll("#main button,#main select,#main input")[place]; if (again) again.focus({preventScroll: true}); }
};
const overview = () => {
  byId("main").replaceChildren(statesCard(), el("div", {class: "charts"}, scoresCard(), gradesCard(), commonCard()), ...[acrossCard()].filter(Boolean), filterBar(), listPart());
};

// ---- one form as it stands -------------------------------------------------------------------

const group = form => {
  const groups = new Map();
  for (const finding of form.findings || []) {
    const key = `${finding[1]}/${finding[0]}/${finding[7][0]}/${finding[11] || ""}`;
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(finding);
  }
  return [...groups.values()].sort((a, b) => lookOf(a[0]) - lookOf(b[0]));
};
const drawn = (form, groups, act) => {
  const layout = layouts[form.layout], rowNumbers = layout.rows.flatMap(([first, last]) => Array.from({length: last - first + 1}, (_, at) => first + at));
  const columns = layout.columns, height = rowNumbers.length, width = columns.length;
  const texts = new Map(), looks = new Map(), spans = new Map(), covered = new Set();
  for (const [row, column, text] of layout.printed) texts.set(row * 64 + column, str(text));
  layout.fields.forEach(([row, column, figure], at) => { texts.set(row * 64 + column, str(form.texts[at])); looks.set(row * 64 + column, figure ? "figure" : "field"); });
  for (const [row, column, down, across] of layout.merges) {
    spans.set(row * 64 + column, [down, across]);
    for (let y = row; y < row + down; y++) for (let x = column; x < column + across; x++) if (y !== row || x !== column) covered.add(y * 64 + x);
  }
  const marks = new Map(), spotOf = new Map(), boxes = new Map();
  groups.forEach((found, number) => { for (const finding of found) if (finding[2]) {
    const parts = /^([A-Z]+)(\d+)$/.exec(finding[2]); if (!parts) continue;
    let column = 0; for (const letter of parts[1]) column = column * 26 + letter.charCodeAt(0) - 64;
    let y = rowNumbers.indexOf(Number(parts[2])), x = columns.indexOf(column); if (y < 0 || x < 0) continue;
    if (covered.has(y * 64 + x)) for (const [row, col, down, across] of layout.merges) if (y >= row && y < row + down && x >= col && x < col + across) { y = row; x = col; break; }
    spotOf.set(finding[2], y * 64 + x);
    if (!marks.has(y * 64 + x)) marks.set(y * 64 + x, []);
    const list = marks.get(y * 64 + x); if (!list.some(each => each[0] === number)) list.push([number, finding]);
  } });
  const whole = layout.widths.map(each => each || 84), sum = whole.reduce((a, b) => a + b, 0);
  const group_ = el("colgroup", null, el("col", {class: "gutter"}), whole.map(each => sized(el("col"), "width", (97 * each / sum).toFixed(3) + "%")));
  const body = el("tbody");
  for (let y = 0; y < height; y++) {
    const number = rowNumbers[y], ruled = number >= layout.framed[0] && number <= layout.framed[1];
    const line = el("tr", {class: layout.hidden.includes(number) ? "veiled" : null}, el("th", {scope: "row"}, String(number)));
    for (let x = 0; x < width; x++) {
      const key = y * 64 + x; if (covered.has(key)) continue;
      const [down, across] = spans.get(key) || [1, 1], text = texts.get(key) || "", look = looks.get(key), found = marks.get(key), name = letters(columns[x]) + number;
      const classes = [ruled ? "ruled" : "loose", look || "printed"];
      if (!ruled && number < layout.framed[0] && y === 0) classes.push("title");
      if (!ruled && number > layout.framed[1]) classes.push(look ? "signed" : across > 3 ? "long" : "foot-label");
      if (look !== "figure" && ruled && (text.length > 20 && look || text.length > 40)) classes.push("long");
      const cell = el("td", {colspan: across > 1 ? across : null, rowspan: down > 1 ? down : null, "data-cell": name}, text);
      if (found) {
        boxes.set(key, cell);
        const worst = Math.min(...found.map(each => lookOf(each[1])));
        classes.push("found", LOOKS[worst]);
        const said = found.map(each => rules[each[1][0]][0] + " " + say(each[1][7])).join(" ");
        const shown = String(found[0][0] + 1) + (found.length > 1 ? "+" : "");
        cell.append(button(shown, {class: "mark " + LOOKS[worst], "aria-label": t("cellHas", {n: shown, cell: name, list: said}), title: said}, event => { event.stopPropagation(); act.cell(cellOf(found[0][1]), found.map(each => each[0])); }));
        cell.addEventListener("click", () => act.cell(cellOf(found[0][1]), found.map(each => each[0])));
      }
      cell.className = classes.join(" ");
      line.append(cell);
    }
    body.append(line);
  }
  const heads = el("thead", null, el("tr", null, el("td"), columns.map(column => el("th", {scope: "col"}, letters(column)))));
  return {
    sheet: el("div", {class: "sheet", tabindex: "0", role: "region", "aria-label": t("sheet")}, el("table", null, group_, heads, body)),
    caption: el("p", {class: "caption"}, t("drawn"), layout.cut ? " " + t("cut") : ""),
    box: cell => boxes.get(spotOf.get(cell)),
  };
};

const cellOf = finding => finding[2] || "";
const fieldOf = finding => [str(finding[3][1]), say(finding[3][0])].filter(Boolean).join(" · ");
const whyOf = finding => {
  const parts = [];
  if (finding[9]) parts.push(el("p", {class: "follows"}, t("follows", {cell: finding[9][1] || t("theForm"), rule: rules[finding[9][0]][0]})));
  if (finding[10] && finding[10][0] < 2) parts.push(el("p", {class: "why"}, el("b", null, t(finding[10][0] ? "likely" : "why")), finding[10].slice(1).map((each, at) => [at ? ` ${t("or")} ` : "", say(each)])));
  return parts;
};
const figuresOf = finding => {
  const rows = [["expected", str(finding[4])], ["actual", str(finding[5])], ["difference", str(finding[6])]].filter(entry => entry[1]);
  return rows.length > 1 ? el("dl", {class: "figures row"}, rows.map(([name, words]) => el("div", null, el("dt", null, t(name)), el("dd", null, words)))) : null;
};
const chip = (finding, act) => finding[2] ? button(finding[2], {class: "chip", title: fieldOf(finding)}, event => { event.stopPropagation(); act.finding(finding[2]); }) : el("span", {class: "chip none"}, t("whole"));
const card = (found, number, act) => {
  const first = found[0], severity = LOOKS[lookOf(first)], [code, zh, en] = rules[first[0]];
  const same = found.every(finding => say(finding[7]) === say(first[7]));
  const remedy = say(first[8]);
  const top = el("p", {class: "top"}, el("span", {class: "mark " + severity, "aria-hidden": "true"}, String(number + 1)), el("code", null, code), el("span", null, lang ? en : zh));
  const place = finding => el("div", {class: "place"}, el("div", {class: "chips"}, chip(finding, act), el("span", {class: "follows"}, fieldOf(finding))),
    el("p", {class: "said"}, say(finding[7])), figuresOf(finding), whyOf(finding));
  const parts = [top];
  if (same && found.length > 1) parts.push(el("div", {class: "place"}, el("div", {class: "chips"}, found.map(finding => chip(finding, act))), el("p", {class: "said"}, say(first[7])), figuresOf(first), whyOf(first)));
  else {
    parts.push(found.slice(0, FEW).map(place));
    if (found.length > FEW) {
      const rest = el("div", {hidden: true}, found.slice(FEW).map(place));
      parts.push(button(t("moreplaces", {n: found.length - FEW}), {class: "chip more-places", "aria-expanded": "false"}, event => { rest.hidden = !rest.hidden; event.currentTarget.setAttribute("aria-expanded", String(!rest.hidden)); }), rest);
    }
  }
  if (first[11]) parts.push(el("p", {class: "do"}, el("b", null, t("waiver")), say(first[11])));
  if (remedy && !first[11]) parts.push(el("p", {class: "do"}, el("b", null, t("todo")), remedy));
  return el("article", {class: "finding " + severity, tabindex: "-1", "data-number": number, "aria-label": `${t(SEVERITIES[first[1]])} ${code} ${lang ? en : zh}`}, parts);
};
const fold = (name, entries) => entries && entries.length ? el("details", null, el("summary", null, `${t(name)} (${entries.length})`), el("ul", null, entries)) : null;
const aside = form => {
  const rulesNotRun = new Map();
  for (const [rule, cell, missing] of form.notRun || []) { const key = rule + "/" + missing; if (!rulesNotRun.has(key)) rulesNotRun.set(key, [rule, missing, []]); rulesNotRun.get(key)[2].push(cell); }
  const facts = [["file", str(form.file)], ["worksheet", str(form.sheet ?? -1)], ["dept", str(form.dept ?? -1)], ["currency", str(form.currency ?? -1)],
    ["form", str(form.form ?? -1) + (form.reason ? ` (${t(form.reason)})` : "")], ["sha", form.sha ? form.sha + "…" : ""]].filter(entry => entry[1]);
  return [
    fold("notRun", [...rulesNotRun.values()].map(([rule, missing, cells]) => { const places = cells.filter(Boolean); return el("li", null, el("code", null, rules[rule][0]), ` ${rules[rule][1 + lang]} ${t("lacking", {what: say(missing)})}`, places.length ? el("span", {class: "follows"}, ` ${places.slice(0, 12).join(" ")}${places.length > 12 ? " …" : ""}`) : null); })),
    fold("odd", (form.odd || []).map(([cell, text]) => el("li", null, el("code", null, cell), " ", str(text)))),
    fold("remarks", (form.notes || []).map(([words, where]) => el("li", null, say(words), where >= 0 ? ` [${str(where)}]` : ""))),
    el("details", null, el("summary", null, t("about")), el("dl", {class: "figures"}, facts.map(([name, words]) => [el("dt", null, t(name)), el("dd", null, words)])))];
};
const headOf = (one, level) => el("div", {class: "head"}, el("div", null, el(level, {tabindex: "-1", class: "form-title"}, one.project || one.file),
  el("p", {class: "minor"}, [str(one.unit), one.form.year ? String(one.form.year) : "", one.form.total !== null && one.form.total !== undefined ? `${t("total")} ${one.form.total}${one.grade ? ` ${one.grade}` : ""}` : ""].filter(Boolean).join(" · ")),
  el("p", {class: "minor"}, one.file + (one.form.sheet >= 0 ? ` [${str(one.form.sheet)}]` : ""))), el("p", {class: "seal " + one.status}, t(one.status)));
const findingsOf = (one, groups, act) => {
  const form = one.form, parts = [];
  if (form.code) parts.push(el("article", {class: "finding error"}, el("p", {class: "top"}, el("code", null, form.code)), el("p", {class: "said"}, say(form.why[0]), form.where >= 0 ? ` [${str(form.where)}]` : ""), el("p", {class: "do"}, el("b", null, t("todo")), say(form.why[1]))));
  LOOKS.forEach((name, look) => {
    const mine = groups.map((found, number) => [found, number]).filter(entry => lookOf(entry[0][0]) === look);
    if (!mine.length) return;
    parts.push(el("h3", {class: "c-" + name}, t(name === "waived" ? name : name + "s"), el("span", {class: "follows"}, String(mine.reduce((sum, entry) => sum + entry[0].length, 0)))), mine.map(([found, number]) => card(found, number, act)));
  });
  if (!parts.length) parts.push(el("p", {class: "none"}, t("noFindings")));
  return [parts, aside(form)];
};

const QUIET = {cell() {}, finding() {}};
let open = null;
const choose = (number, cell, jump) => {
  const view = open; if (!view) return;
  for (const each of view.root.querySelectorAll(".here")) each.classList.remove("here");
  view.number = number; view.cell = cell;
  const article = view.root.querySelector(`[data-number="${number}"]`), box = cell && view.box(cell);
  if (article) article.classList.add("here");
  if (box) box.classList.add("here");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
  if (jump === "finding" && article) { article.focus({preventScroll: true}); article.scrollIntoView({block: "nearest", behavior: still}); }
  if (jump === "cell" && box) { box.scrollIntoView({block: "center", inline: "center", behavior: still}); const mark = box.querySelector(".mark"); if (mark) mark.focus({preventScroll: true}); }
  if (jump === "both") { if (box) box.scrollIntoView({block: "nearest", inline: "nearest", behavior: still}); if (article) { article.focus({preventScroll: true}); article.scrollIntoView({block: "nearest", behavior: still}); } }
};
const show = at => {
  const one = known[at], groups = group(one.form), place = listed.indexOf(one);
  const act = {
    cell: (name, numbers) => choose(numbers[0] === open.number && numbers.length > 1 ? numbers[1] : numbers[0], name, "finding"),
    finding: cell => { const numbers = groups.findIndex(found => found.some(finding => finding[2] === cell)); const number = groups[open.number] && groups[open.number].some(finding => finding[2] === cell) ? open.number : numbers; choose(number, cell, "cell"); },
  };
  const step = (words, to, id) => button(words, {class: "plain", id, disabled: to === undefined}, () => { location.hash = "#f" + (to.at + 1); });
  const before = place > 0 ? listed[place - 1] : undefined, after = place >= 0 ? listed[place + 1] : undefined;
  const walk = el("nav", {class: "walk", "aria-label": t("list")}, button("← " + t("back"), {class: "plain", id: "back"}, () => { location.hash = ""; }), step(t("previous"), before, "previous"), step(t("next"), after, "next"),
    el("span", {class: "where"}, place >= 0 ? t("nth", {n: count(place + 1), m: count(listed.length)}) : ""));
  const right = el("section", {class: "findings", "aria-label": t("findings"), tabindex: "0"}, findingsOf(one, groups, act));
  const key = name => el("kbd", null, name);
  const facts = {j: key("J"), k: key("K"), l: key("Enter"), p: key("["), n: key("]"), e: key("Esc")};
  const keys = el("p", {class: "keys"}, t("keys").split(/(\{\w\})/).map(part => part[0] === "{" ? facts[part[1]] : part));
  const paper = one.form.layout === undefined ? null : drawn(one.form, groups, act);
  const root = el("div", {class: "a-form"}, headOf(one, "h2"), el("div", {class: "pair" + (paper ? "" : " wide")}, paper ? el("div", null, paper.sheet, paper.caption, keys) : null, right));
  open = {at, root, groups, number: -1, cell: null, before, after, box: cell => paper ? paper.box(cell) : undefined};
  byId("main").replaceChildren(walk, root);
  window.scrollTo(0, 0);
  root.querySelector(".form-title").focus({preventScroll: true});
};

// ---- printing all forms that are listed --------------------------------------------------------

const printForms = () => {
  const sheets = byId("sheets");
  sheets.replaceChildren(...listed.map(one => { const groups = group(one.form); return el("div", {class: "a-form"}, headOf(one, "h2"), one.form.layout !== undefined ? drawn(one.form, groups, QUIET).sheet : null, el("div", {class: "findings"}, findingsOf(one, groups, QUIET)[0])); }));
  sheets.hidden = false; document.body.classList.add("all");
  window.print();
};
window.addEventListener("afterprint", () => { byId("sheets").replaceChildren(); byId("sheets").hidden = true; document.body.classList.remove("all"); });
window.addEventListener("beforeprint", () => { if (!open && limit < listed.length && !document.body.classList.contains("all")) { limit = listed.length; refresh(true); } });

// ---- the page ----------------------------------------------------------------------------------

const route = () => {
  const wanted = /^#f(\d+)$/.exec(location.hash), at = wanted ? Number(wanted[1]) - 1 : -1;
  const was = open ? open.at : null;
  document.body.classList.toggle("one", Boolean(known[at]));
  if (known[at]) show(at);
  else { open = null; overview(); if (was !== null) { const link = document.querySelector(`a[href="#f${was + 1}"]`); if (link) { link.focus({preventScroll: true}); link.scrollIntoView({block: "center"}); } } }
  document.title = (known[at] ? (known[at].project || known[at].file) + " · " : "") + t("title");
};
const speak = () => {
  document.documentElement.lang = lang ? "en" : "zh-CN";
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", t(node.dataset.label));
  byId("title").textContent = t("title"); byId("print").textContent = t("print");
  byId("zh").setAttribute("aria-pressed", String(!lang)); byId("en").setAttribute("aria-pressed", String(Boolean(lang)));
  const figures = [t("files", {n: count(summary.files)}), t("formsN", {n: count(summary.forms)}), `${t("errors")} ${count(summary.errors)}`, `${t("warnings")} ${count(summary.warnings)}`, `${t("infos")} ${count(summary.infos)}`];
  byId("under").textContent = figures.join(" · ");
  byId("foot").textContent = t(head.made ? "made" : "madeUndated", {tool: head.tool, day: head.made});
};
const spoken = to => { lang = to; speak(); route(); };
byId("zh").addEventListener("click", () => spoken(0));
byId("en").addEventListener("click", () => spoken(1));
byId("print").addEventListener("click", () => window.print());
window.addEventListener("hashchange", route);
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input,select,textarea")) return;
  if (!open) { if (event.key === "/") { byId("search").focus(); event.preventDefault(); } return; }
  const last = open.groups.length - 1, key = event.key.toLowerCase();
  if (key === "escape") location.hash = "";
  else if (key === "[" && open.before) location.hash = "#f" + (open.before.at + 1);
  else if (key === "]" && open.after) location.hash = "#f" + (open.after.at + 1);
  else if ((key === "j" || key === "k") && last >= 0) {
    const number = key === "j" ? Math.min(open.number + 1, last) : Math.max(open.number - 1, 0);
    choose(number, cellOf(open.groups[number][0]), "both");
  } else if (key === "enter" && event.target.matches(".finding") && open.cell) choose(open.number, open.cell, "cell");
  else return;
  event.preventDefault();
});
speak();
route();
document.documentElement.dataset.ready = String(Math.round(performance.now()));
})();
