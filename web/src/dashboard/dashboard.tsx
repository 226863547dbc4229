/** The numbers. */
export default function Dashboard({ room }: { room: string; onOpen: (sequence: number) => void }) {
  return <p className="pad quiet">{room}</p>;
}
