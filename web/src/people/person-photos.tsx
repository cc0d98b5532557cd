import { useMemo } from "preact/hooks";
import type { Person } from "../../../src/api/people.ts";
import { api } from "../api-client.ts";
import { ListedPhotos } from "../photos/listed-photos.tsx";
import { PhotoActions } from "../photos/photo-actions.tsx";
import { strings } from "../strings.ts";
import { createPagedList } from "./paged-list.ts";
import { usePeopleReload } from "./people-changes.ts";

/** The photos that show a person, newest first, as in every other grid. */
export function PersonPhotos({ person }: { readonly person: Person }) {
  const list = useMemo(
    () =>
      createPagedList((page, pageSize) => api.personPhotos(person.id, `page=${page}&pageSize=${pageSize}`)),
    [person.id],
  );
  usePeopleReload(() => void list.reload());
  return (
    <ListedPhotos
      list={list}
      label={strings.people.photosGrid(person.name)}
      emptyText={strings.people.noPhotos}
      actions={(selection) => <PhotoActions selection={selection} />}
    />
  );
}
