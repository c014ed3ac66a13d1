// SPDX-License-Identifier: GPL-2.0-only
/* The page's frame: how it looks on a screen, on a phone, at night and on paper. */
#include "report_page.h"

/* Figures are drawn on white whatever the page's colours are, and shrink with it; tables scroll. */
static const char head[] =
	"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"color-scheme\" content=\"light dark\">\n"
	"<title>twinpath: evaluation</title>\n<style>\n"
	":root{--text:#1b1f24;--soft:#59636e;--line:#d5dae0;--page:#f6f7f9;--card:#fff;--accent:#0072b2}\n"
	"@media (prefers-color-scheme:dark){:root{--text:#e6e9ed;--soft:#a3adb8;--line:#3a424b;"
	"--page:#14181d;--card:#1d2229;--accent:#56b4e9}}\n"
	"*{box-sizing:border-box}\n"
	"body{margin:0;background:var(--page);color:var(--text);"
	"font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'DejaVu Sans',sans-serif;overflow-wrap:break-word}\n"
	"main{max-width:1120px;margin:0 auto;padding:0 16px 48px}\n"
	"h1{font-size:1.7rem;margin:28px 0 2px}\nh2{font-size:1.35rem;margin:0}\n"
	"h3{font-size:1.02rem;margin:26px 0 6px}\n"
	"a{color:var(--accent)}\np{margin:8px 0;max-width:75ch}\n"
	".soft,.question,figcaption,.note,small{color:var(--soft)}\n.question{margin:2px 0 14px}\n"
	"nav{display:flex;flex-wrap:wrap;gap:4px 16px;margin:10px 0 18px;font-size:.92rem}\n"
	"section{border-top:1px solid var(--line);margin-top:40px;padding-top:24px}\n"
	".headline{font-size:1.16rem;line-height:1.45;max-width:80ch}\n"
	".top{display:grid;gap:18px;grid-template-columns:minmax(0,3fr) minmax(0,2fr);align-items:start}\n"
	".tiles{display:grid;gap:12px;grid-template-columns:1fr}\n"
	".tile{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px}\n"
	".tile b{display:block;font-size:1.55rem;line-height:1.25}\n.tile span{font-size:.86rem;color:var(--soft)}\n"
	".pair{display:grid;gap:18px;grid-template-columns:repeat(auto-fill,minmax(min(100%,420px),1fr));align-items:start}\n"
	"figure{margin:0;min-width:0;background:#fff;color:#1b1f24;border:1px solid var(--line);border-radius:8px;padding:12px 14px}\n"
	"figure.wide{grid-column:1/-1;max-width:860px}\n"
	"figure h3{margin:0 0 6px}\nfigcaption,figure .note{color:#59636e;font-size:.8rem;line-height:1.45}\n"
	".plot{display:block;width:100%;height:auto}\n.plot text{font-family:inherit}\n"
	".legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:6px 0 8px;padding:0;font-size:.84rem}\n"
	".legend li{display:flex;align-items:center;gap:6px}\n.legend .ours{font-weight:700}\n"
	".mark{width:34px;height:12px;flex:none}\n"
	".part{width:20px;height:16px;flex:none;font-size:.7rem;line-height:16px;text-align:center;color:#000;border-radius:3px}\n"
	".tables{display:flex;flex-wrap:wrap;gap:14px;align-items:flex-start}\n"
	".scroll{overflow-x:auto;width:fit-content;max-width:100%;border:1px solid var(--line);border-radius:8px;background:var(--card);margin:10px 0}\n"
	"table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}\n"
	"caption{text-align:left;padding:8px 10px;font-weight:600;position:sticky;left:0}\n"
	"th,td{padding:5px 10px;border-top:1px solid var(--line);text-align:right;vertical-align:top;white-space:nowrap}\n"
	"th:first-child{text-align:left;position:sticky;left:0;background:var(--card)}\n"
	"th small,td small{display:block;font-weight:400;font-size:.92em}\n"
	"table.words th,table.words td{text-align:left;white-space:normal}\ntable.words th:first-child{position:static}\n"
	"tr.ours th,tr.ours td{font-weight:700}\n"
	".badge{font-weight:400;font-size:.85em;border:1px solid var(--line);border-radius:4px;padding:0 4px;white-space:nowrap}\n"
	"details{margin:12px 0}\nsummary{cursor:pointer;color:var(--accent)}\n"
	"pre{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 14px;white-space:pre-wrap;overflow-wrap:anywhere}\n"
	"li{margin:3px 0}\n.where{margin:4px 0 0;font-weight:600}\n.words{min-width:0}\n.words+.words{margin-top:14px}\n.pair h3{margin:4px 0 2px}\n.pair{margin-bottom:14px}\n.shows{margin:4px 0 0;padding-left:20px;max-width:90ch;font-size:.94rem}\n"
	"@media (max-width:760px){.top{grid-template-columns:minmax(0,1fr)}.tiles{grid-template-columns:repeat(auto-fit,minmax(150px,1fr))}"
	"th,td{padding:4px 7px}figure{padding:8px}th:first-child,th:first-child small{white-space:normal;max-width:140px}"
	"table.words,table.words tbody,table.words tr,table.words th,table.words td{display:block}"
	"table.words tr{border-top:1px solid var(--line)}table.words th:first-child{max-width:none}"
	"table.words th,table.words td{border:0;padding:2px 8px;overflow-wrap:anywhere}"
	"table.words th[scope=col]{display:none}td[data-word]::before{content:attr(data-word) \": \";color:var(--soft)}}\n"
	"@media print{:root{--text:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#fff;--accent:#000}"
	"body{font-size:10pt}main{max-width:none;padding:0}nav,summary{display:none}"
	"details::details-content{content-visibility:visible;display:block;height:auto}"
	"figure,.tile,tr,table{break-inside:avoid}h2,h3{break-after:avoid}section{margin-top:16px;padding-top:10px}"
	".pair,.top,.tables{display:block;orphans:1;widows:1}figure{display:inline-block;vertical-align:top;width:48%;margin:0 1% 8px 0;padding:6px}"
	".top figure{width:68%;display:block}.tiles{grid-template-columns:repeat(5,1fr);margin-bottom:8px}.tile{padding:6px}.tile b{font-size:1.1rem}"
	".shows{font-size:8.5pt;line-height:1.35;max-width:none}.legend{font-size:7.5pt}figcaption,figure .note{font-size:6.5pt}"
	".tables .scroll{display:inline-block;vertical-align:top;margin:0 8px 8px 0}.scroll{overflow:visible;border:0}"
	"table{font-size:7pt}th,td{padding:1px 4px}caption,th:first-child{position:static}}\n"
	"</style>\n</head>\n<body>\n<main>\n";

void page_begin(const struct page *page)
{
	fputs(head, page->out);
}

void page_end(const struct page *page)
{
	fputs("</main>\n</body>\n</html>\n", page->out);
}
