import { useState } from "preact/hooks";
import { faceUrl } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";

/** A face, square; a drawn head where there is none. Decoration: what is around it says whose it is. */
export function FacePicture(props: {
  readonly faceId: number | null;
  readonly isRound?: boolean;
  /** Fetched at once instead of when it comes near the screen. */
  readonly isEager?: boolean;
}) {
  const { faceId } = props;
  const [broken, setBroken] = useState<number | null>(null);
  return (
    <span class={`face-picture ${props.isRound ? "is-round" : ""}`}>
      {faceId === null || broken === faceId ? (
        <Icon name="person" size={40} />
      ) : (
        <img
          key={faceId}
          src={faceUrl(faceId)}
          alt=""
          loading={props.isEager ? "eager" : "lazy"}
          decoding="async"
          draggable={false}
          onError={() => setBroken(faceId)}
        />
      )}
    </span>
  );
}
