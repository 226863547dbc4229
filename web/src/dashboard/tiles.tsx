/** Single numbers. */
import { bounds, isEstimate, written, type Figure } from './figures';

export function Tile({ name, figure, text, note }: { name: string; figure?: Figure | null | undefined; text?: string | undefined; note?: string | undefined }) {
  const known = text ?? (figure === undefined || figure === null ? null : written(figure));
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>
        {known ?? '–'}
        {figure !== undefined && figure !== null && isEstimate(figure) && <small>{bounds(figure)}</small>}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}
