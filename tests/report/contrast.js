// The texts in charts whose contrast with what is painted behind them is under 4.5:1.
// axe leaves texts in SVG undecided, because it sees an image behind them.
() => {
  const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css, opacity) => {
    probe.clearRect(0, 0, 1, 1);
    probe.fillStyle = css;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255 * opacity];
  };
  const over = (top, low) => [0, 1, 2].map(i => top[3] * top[i] + (1 - top[3]) * low[i]);
  const luminance = colour => colour.map(v => v / 255)
    .map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const opacity = e => e.nodeName === 'svg' ? 1
    : parseFloat(getComputedStyle(e).opacity) * opacity(e.parentElement);
  const paint = e => {
    const {fill, fillOpacity} = getComputedStyle(e);
    return fill === 'none' ? [0, 0, 0, 0] : rgba(fill, parseFloat(fillOpacity) * opacity(e));
  };
  const behind = (svg, text, x, y) => {
    const all = document.elementsFromPoint(x, y);
    return all.slice(all.findIndex(e => text.contains(e)) + 1).reverse()
      .filter(e => svg.contains(e) && !['svg', 'text', 'tspan', 'line'].includes(e.nodeName))
      .reduce((ground, e) => over(paint(e), ground), [255, 255, 255]);
  };
  const faint = [];
  for (const svg of document.querySelectorAll('figure svg')) {
    svg.scrollIntoView({block: 'center', behavior: 'instant'});
    for (const text of svg.querySelectorAll('text')) {
      const ink = paint(text), box = text.getBoundingClientRect();
      if (!text.textContent.trim() || ink[3] === 0) continue;
      const ratios = [.1, .5, .9].map(part => {
        const ground = behind(svg, text, box.left + part * box.width, box.top + box.height / 2);
        const [low, high] = [luminance(over(ink, ground)), luminance(ground)].sort((a, b) => a - b);
        return (high + .05) / (low + .05);
      });
      if (Math.min(...ratios) < 4.5)
        faint.push(`${svg.closest('figure').id}: ${text.textContent} ${Math.min(...ratios).toFixed(2)}`);
    }
  }
  return faint;
}
