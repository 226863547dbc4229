/** A line chart over time. What it shows is also said in words, for those who do not see it. */
import { useEffect, useMemo, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock } from '../ui/time';

export interface Line {
  readonly name: string;
  /** A custom property of the style sheet: `--accent`. */
  readonly colour: string;
  readonly values: readonly (number | null)[];
  readonly filled?: boolean;
}

export interface Mark {
  /** Seconds since 1970. */
  readonly at: number;
}

interface Props {
  /** What the chart says, in a sentence. */
  readonly label: string;
  /** Seconds since 1970, ascending. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  readonly height?: number;
}

const EMPTY: readonly Mark[] = [];

export function Chart({ label, times, lines, marks = EMPTY, height = 190 }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const data = useMemo(() => [times, ...lines.map((line) => line.values)] as unknown as UPlot.AlignedData, [times, lines]);
  // What the chart reads when it is drawn anew, for another theme.
  const marked = useRef(marks);
  const latest = useRef(data);
  const shape = lines.map((line) => `${line.name}|${line.colour}|${line.filled === true}`).join('\n');

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const build = () => {
      plot.current?.destroy();
      plot.current = new UPlot(options(element, shape, height, marked), latest.current, element);
    };
    build();
    dark.addEventListener('change', build);
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resize.observe(element);
    return () => {
      dark.removeEventListener('change', build);
      resize.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape, height]);

  useEffect(() => {
    latest.current = data;
    plot.current?.setData(data);
  }, [data]);
  useEffect(() => {
    marked.current = marks;
    // Without recomputing the scales: a change of data that is on its way does that.
    plot.current?.redraw(false);
  }, [marks]);

  return (
    <figure className="chart">
      <div ref={host} className="chart-plot" role="img" aria-label={label} />
      <figcaption>
        {lines.map((line) => (
          <span key={line.name} className="legend">
            <i className="swatch" data-colour={line.colour.slice(2)} aria-hidden="true" />
            {line.name}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function options(element: HTMLElement, shape: string, height: number, marks: { readonly current: readonly Mark[] }): UPlot.Options {
  const colour = (name: string) => resolved(element, name);
  const [ink, line, warn] = [colour('--ink-3'), colour('--line'), colour('--warn')];
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 }, font: '12px system-ui, sans-serif' };
  return {
    width: element.clientWidth,
    height,
    // On the right there is room for half of the last label.
    padding: [10, 30, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: true }, y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil((high ?? 0) * 1.1))] } },
    axes: [
      { ...axis, size: 30, space: 70, values: (_plot, splits) => splits.map((at) => clock(at * 1_000)) },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000] },
    ],
    series: [
      {},
      ...shape.split('\n').map((part) => {
        const [name = '', property = '', filled = ''] = part.split('|');
        const stroke = colour(property);
        const series: UPlot.Series = { label: name, stroke, width: 2, points: { show: false } };
        // A computed colour is `rgb(…)`.
        if (filled === 'true') series.fill = stroke.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.14)');
        return series;
      }),
    ],
    hooks: {
      draw: [
        (plot) => {
          const { ctx, bbox } = plot;
          ctx.save();
          ctx.strokeStyle = ctx.fillStyle = warn;
          ctx.lineWidth = 2;
          for (const { at } of marks.current) {
            const x = plot.valToPos(at, 'x', true);
            if (x < bbox.left || x > bbox.left + bbox.width) continue;
            ctx.beginPath();
            ctx.setLineDash([4, 4]);
            ctx.moveTo(x, bbox.top);
            ctx.lineTo(x, bbox.top + bbox.height);
            ctx.stroke();
            ctx.beginPath();
            ctx.arc(x, bbox.top + 4, 5, 0, Math.PI * 2);
            ctx.fill();
          }
          ctx.restore();
        },
      ],
    },
  };
}

/** A canvas knows no custom properties, and those of two themes are only resolved where they are used. */
function resolved(element: HTMLElement, property: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(${property})`;
  element.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}
