#include "cyclegan/report/style.h"

namespace bauta {

std::string_view report_style() {
  return R"css(:root {
  color-scheme: light dark;
  --page: #ffffff; --panel: #f6f7f9; --ink: #1c2230; --muted: #5d6675; --line: #d9dde4;
  --good: #177245; --mixed: #9a6700; --bad: #b3261e;
  --s0: #0072b2; --s1: #d55e00; --s2: #009e73; --s3: #b0578d; --s4: #b58900; --s5: #4a9bd4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171d; --panel: #1d222b; --ink: #e6e9ef; --muted: #a0a9b8; --line: #363d4a;
    --good: #4cc38a; --mixed: #e3b341; --bad: #ff7b72;
    --s0: #58a6e8; --s1: #f08a4b; --s2: #3fc79a; --s3: #e39ac6; --s4: #e0bb4b; --s5: #8fd0f5;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; letter-spacing: -0.015em; }
h2 { font-size: 1.35rem; margin: 3rem 0 0.75rem; padding-bottom: 0.35rem;
  border-bottom: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 2rem 0 0.5rem; }
p { margin: 0.6rem 0; max-width: 52rem; }
.subtitle { color: var(--muted); margin-top: 0.3rem; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 0.8rem 1rem;
  overflow-x: auto; font: 0.85rem/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
.verdict { --tone: var(--mixed); margin: 1.5rem 0; padding: 0.9rem 1.2rem; background: var(--panel);
  border: 1px solid var(--line); border-left: 6px solid var(--tone); border-radius: 8px; }
.verdict.good { --tone: var(--good); }
.verdict.bad { --tone: var(--bad); }
.verdict p { margin: 0.25rem 0; max-width: none; }
.verdict .line { font-size: 1.15rem; font-weight: 600; color: var(--tone); }
figure { margin: 1.5rem 0; padding: 1rem; background: var(--panel); border: 1px solid var(--line);
  border-radius: 8px; }
figcaption, caption, summary { color: var(--muted); font-size: 0.9rem; line-height: 1.45; }
figcaption { margin-top: 0.7rem; }
figure.picture { width: fit-content; max-width: 100%; }
.picture img { display: block; max-width: 100%; height: auto; border-radius: 4px; }
figure.picture { display: grid; grid-template-columns: minmax(0, max-content); }
.columns { display: grid; grid-auto-flow: column; grid-auto-columns: minmax(0, 1fr); font-size: 0.85rem; font-weight: 600;
  margin-bottom: 0.4rem; width: 0; min-width: 100%; }
.columns span { text-align: center; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; padding: 0 0.2rem; }
figcaption { width: 0; min-width: 100%; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; min-width: 60%; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: 0.5rem; }
summary { cursor: pointer; }
th, td { padding: 0.35rem 0.7rem; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--line); }
th { font-weight: 600; border-bottom: 2px solid var(--line); }
th { white-space: normal; }
td.prose { white-space: normal; text-align: left; min-width: 16rem; }
th:first-child, td:first-child { text-align: left; padding-left: 0.2rem; }
.chart { display: block; width: 100%; height: auto; overflow: visible; font-size: 12px; }
.chart text { fill: var(--muted); }
.chart .title { fill: var(--ink); font-size: 14px; font-weight: 600; }
.chart .label { fill: var(--ink); }
.chart .frame { fill: var(--page); stroke: var(--line); }
.chart .grid { stroke: var(--line); stroke-width: 1; fill: none; }
.chart .reference { stroke: var(--muted); stroke-width: 1.2; stroke-dasharray: 5 4; }
.chart .reference-label, .chart .level-label { fill: var(--ink); font-size: 11px; font-weight: 600; }
.chart .reference-label { paint-order: stroke; stroke: var(--page); stroke-width: 4px;
  stroke-linejoin: round; }
.chart .mark { fill: currentColor; fill-opacity: 0.7; }
.chart .curve { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; }
.chart .band { fill: currentColor; fill-opacity: 0.16; }
.chart .bar { fill: currentColor; fill-opacity: 0.85; }
.chart .share { fill: currentColor; fill-opacity: 0.3; stroke: currentColor; stroke-width: 1.2; }
.chart .whisker { stroke: var(--ink); stroke-width: 1.3; fill: none; }
.chart .value { fill: var(--ink); font-size: 11px; paint-order: stroke; stroke: var(--page);
  stroke-width: 3px; }
.s0 { color: var(--s0); } .s1 { color: var(--s1); } .s2 { color: var(--s2); }
.s3 { color: var(--s3); } .s4 { color: var(--s4); } .s5 { color: var(--s5); }
@media print { main { max-width: none; } figure, .verdict { break-inside: avoid; } }
)css";
}

}  // namespace bauta
