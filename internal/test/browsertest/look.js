(() => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map((v) => {
      const c = v / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$/.test(colour) && colour !== "transparent") return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const charts = [...document.querySelectorAll("svg.chart")];
  const empty = charts.filter((chart) =>
    ![...chart.querySelectorAll("rect:not(.track), path")].some((shape) => {
      const box = shape.getBoundingClientRect();
      return box.width > 1 && box.height > 1;
    }));
  const outside = [], overlap = [], faint = [];
  for (const chart of charts) {
    const frame = chart.getBoundingClientRect();
    const texts = [...chart.querySelectorAll("text")].filter((t) => t.getBoundingClientRect().width > 0);
    const boxes = texts.map((t) => t.getBoundingClientRect());
    texts.forEach((text, i) => {
      const box = boxes[i];
      const name = chart.getAttribute("aria-label") + ": " + text.textContent;
      if (box.left < frame.left - 2 || box.right > frame.right + 2) outside.push(name);
      for (let j = 0; j < i; j++) {
        const other = boxes[j];
        if (box.left < other.right - 1 && other.left < box.right - 1 && box.top < other.bottom - 4 && other.top < box.bottom - 4) {
          overlap.push(name + " / " + texts[j].textContent);
        }
      }
    });
  }
  for (const node of document.querySelectorAll("p, td, th, h1, h2, .tile *, .pill, .note, .over, summary, text")) {
    const style = getComputedStyle(node);
    const colour = node.tagName === "text" ? style.fill : style.color;
    if (contrast(colour, behind(node)) < 4.5) faint.push(node.textContent.trim().slice(0, 40));
  }
  // The SQL is part of the page: it must fit when it is shown.
  for (const details of document.querySelectorAll("details")) details.open = true;
  const clipped = [...document.querySelectorAll("body *:not(svg *)")]
    .filter((node) => node.tagName !== "svg" && (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline" ||
      node.getBoundingClientRect().right > document.documentElement.clientWidth + 1))
    .map((node) => node.tagName + "." + node.className + ": " + node.textContent.trim().slice(0, 40));
  const scroll = document.documentElement.scrollWidth;
  for (const details of document.querySelectorAll("details")) details.open = false;
  return {
    Clipped: clipped,
    Charts: charts.length, Empty: empty.length, Outside: outside, Overlap: overlap, Faint: faint,
    Scroll: scroll, Width: document.documentElement.clientWidth,
    Background: luminance(getComputedStyle(document.body).backgroundColor),
  };
})()
