import type { FaceCluster } from "../../../src/api/people.ts";
import { strings } from "../strings.ts";
import { FacePicture } from "./face-picture.tsx";
import { NameField, type Named } from "./name-field.tsx";
import { ChooseBox } from "./person-card.tsx";

/** Faces beside one another on a card; the last place says how many more there are. */
const SHOWN = 4;

/** Faces that look alike, to be named where they are. */
export function ClusterCard(props: {
  readonly cluster: FaceCluster;
  readonly isChosen: boolean;
  readonly isChoosing: boolean;
  readonly onToggle: (isRange: boolean) => void;
  readonly onName: (named: Named) => void;
}) {
  const { clusterId, faceCount, sampleFaceIds } = props.cluster;
  const shown = sampleFaceIds.slice(0, SHOWN);
  return (
    <li class={`cluster-card ${props.isChosen ? "is-chosen" : ""} ${props.isChoosing ? "is-choosing" : ""}`}>
      <a
        class="cluster-faces"
        href={`/people/clusters/${clusterId}`}
        aria-label={strings.people.openCluster(faceCount)}
        draggable={false}
        onClick={(event) => {
          if (!event.shiftKey && !event.ctrlKey && !event.metaKey && !props.isChoosing) return;
          event.preventDefault();
          props.onToggle(event.shiftKey);
        }}
      >
        {shown.map((faceId) => (
          <FacePicture key={faceId} faceId={faceId} />
        ))}
        <span class="cluster-count">{strings.people.facesOf(faceCount)}</span>
      </a>
      <ChooseBox
        label={strings.people.selectCluster(faceCount)}
        isChosen={props.isChosen}
        onToggle={props.onToggle}
      />
      <NameField
        label={`${strings.people.name} ${strings.people.cluster(faceCount)}`}
        onName={props.onName}
      />
    </li>
  );
}
