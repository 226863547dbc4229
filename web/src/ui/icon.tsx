/** Line icons, 20 units wide. They only ever accompany a name, so they are hidden from screen readers. */
const PATHS = {
  chat: 'M4 5h12v8H9l-4 3v-3H4z',
  chart: 'M4 16V9m4 7V4m4 12v-5m4 5V7',
  people: 'M7 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM2.5 16c.3-2.600 2-4 4.500-4s4.200 1.400 4.500 4M13 9a2 2 0 1 0 0-4m1.500 7c1.700.4 2.800 1.700 3 4',
  rooms: 'M3 6h14M3 10h14M3 14h14',
  reply: 'M8 5 4 9l4 4m-4-4h7c3 0 5 2 5 6',
  trash: 'M4 6h12M8 6V4h4v2m-6.500 0 .7 10h7.600l.7-10',
  close: 'm5 5 10 10M15 5 5 15',
  down: 'M10 4v12m-5-5 5 5 5-5',
  send: 'M4 10h12m-5-5 5 5-5 5',
  smile: 'M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14ZM7.200 12c.7.9 1.700 1.300 2.800 1.300s2.100-.4 2.800-1.300M7.800 8v.1m4.400-.1v.1',
  lock: 'M5 9h10v7H5zm2.500 0V7a2.500 2.500 0 0 1 5 0v2',
  megaphone: 'M4 8v4h3l6 3V5L7 8zm11 .5c1 .8 1 2.200 0 3',
  retry: 'M15.500 10a5.500 5.500 0 1 1-1.600-3.900L16 8m0-4v4h-4',
  search: 'M9 14A5 5 0 1 0 9 4a5 5 0 0 0 0 10Zm3.600-1.400L16.500 16.500',
  shield: 'M10 3 4.500 5v4.500c0 3.500 2.200 6 5.500 7.500 3.300-1.500 5.500-4 5.500-7.500V5z',
  star: 'm10 3 2 4.500 5 .5-3.700 3.300 1 4.900L10 13.700 5.700 16.200l1-4.900L3 8l5-.5z',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
