import type { ComponentChildren } from "preact";
import type { Stats } from "../../../src/api/system.ts";
import type { Timeline } from "../../../src/api/photos.ts";
import { api } from "../api-client.ts";
import { Icon } from "../components/icon.tsx";
import { FailureNote } from "../components/failure-note.tsx";
import { formatBytes, formatCount, formatShortDate } from "../format.ts";
import { type FilterKind, searchHref } from "../search/search-state.ts";
import { useResource } from "../state/resource.ts";
import { strings } from "../strings.ts";

/** What the library holds, in numbers and bars; every bar leads to its photos. */
export function StatsPage() {
  const stats = useResource("stats", (signal) => api.stats(signal));
  const timeline = useResource("timeline", (signal) => api.timeline(signal));
  return (
    <main id="main" class="page">
      <header class="page-head">
        <h1>{strings.stats.title}</h1>
        {stats.data?.firstTakenAt && stats.data.lastTakenAt && (
          <p class="quiet">
            {strings.stats.periodRange(
              formatShortDate(stats.data.firstTakenAt),
              formatShortDate(stats.data.lastTakenAt),
            )}
          </p>
        )}
      </header>
      {stats.error && !stats.data && <FailureNote error={stats.error} onRetry={stats.reload} />}
      {stats.data?.photos === 0 && (
        <div class="empty-state">
          <Icon name="photos" size={36} />
          <p>{strings.stats.empty}</p>
          <a class="button" href="/">
            {strings.add.title}
          </a>
        </div>
      )}
      {stats.data && stats.data.photos > 0 && <Numbers stats={stats.data} timeline={timeline.data} />}
    </main>
  );
}

function Numbers({ stats, timeline }: { readonly stats: Stats; readonly timeline: Timeline | undefined }) {
  return (
    <>
      <div class="figures">
        <Figure value={formatCount(stats.photos)} label={strings.stats.photos} />
        <Figure value={formatBytes(stats.bytes)} label={strings.stats.size} />
        <Figure value={formatCount(stats.faces)} label={strings.stats.faces} />
        <Figure value={formatCount(stats.objects)} label={strings.stats.objects} />
      </div>
      <div class="stats-grid">
        <Block title={strings.stats.byMonth}>
          <Bars
            rows={yearsOf(timeline).map(([year, count]) => ({
              label: year,
              count,
              href: filterHref("date", year),
            }))}
          />
        </Block>
        <Block title={strings.stats.coverage}>
          <Bars
            of={stats.photos}
            rows={[
              { label: strings.stats.withText, count: stats.withText, href: filterHref("hasText", "true") },
              {
                label: strings.stats.withFaces,
                count: stats.withFaces,
                href: filterHref("hasFaces", "true"),
              },
              { label: strings.stats.withGps, count: stats.withGps, href: filterHref("hasGps", "true") },
              ...(stats.missing > 0 ? [{ label: strings.stats.missing, count: stats.missing }] : []),
            ]}
          />
        </Block>
        <Block title={strings.stats.topTags}>
          <Bars
            rows={stats.topTags
              .slice(0, 12)
              .map(({ name, count }) => ({ label: name, count, href: filterHref("tag", name) }))}
          />
        </Block>
        <Block title={strings.stats.byStatus}>
          <Bars
            of={stats.photos}
            rows={ranked(stats.byStatus).map(([status, count]) => ({
              label: strings.statuses[status] ?? status,
              count,
              href: filterHref("status", status),
            }))}
          />
        </Block>
        <Block title={strings.stats.byFormat}>
          <Bars
            of={stats.photos}
            rows={ranked(stats.byFormat).map(([format, count]) =>
              // Files that could not be read have no format, and no filter either.
              format === "unknown"
                ? { label: strings.stats.unknown, count }
                : { label: format.toUpperCase(), count, href: filterHref("format", format) },
            )}
          />
        </Block>
        <Block title={strings.stats.folders}>
          <Bars
            rows={stats.folders.map(({ path, photos }) => ({
              label: path,
              count: photos,
              href: filterHref("folder", path),
            }))}
          />
        </Block>
      </div>
    </>
  );
}

function Figure({ value, label }: { readonly value: string; readonly label: string }) {
  return (
    <div class="figure">
      <strong>{value}</strong>
      <span class="quiet">{label}</span>
    </div>
  );
}

function Block({ title, children }: { readonly title: string; readonly children: ComponentChildren }) {
  return (
    <section class="card">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

interface BarRow {
  readonly label: string;
  readonly count: number;
  readonly href?: string;
}

/** Horizontal bars; the longest is full, or `of` is. */
function Bars({ rows, of }: { readonly rows: readonly BarRow[]; readonly of?: number }) {
  if (rows.length === 0) return <p class="quiet">{strings.stats.none}</p>;
  const full = Math.max(1, of ?? Math.max(...rows.map((row) => row.count)));
  return (
    <ul class="bars">
      {rows.map((row) => (
        <li key={row.label}>
          {row.href ? (
            <a class="bar-label" href={row.href} title={row.label}>
              <bdi>{row.label}</bdi>
            </a>
          ) : (
            <span class="bar-label">{row.label}</span>
          )}
          <span class="bar-track">
            {row.count > 0 && <span class="bar" style={{ inlineSize: `${(row.count / full) * 100}%` }} />}
          </span>
          <span class="bar-count">{formatCount(row.count)}</span>
        </li>
      ))}
    </ul>
  );
}

function ranked(counts: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted((a, b) => b[1] - a[1]);
}

function yearsOf(timeline: Timeline | undefined): [string, number][] {
  const years = new Map<string, number>();
  for (const { month, count } of timeline?.months ?? []) {
    const year = month.slice(0, 4);
    years.set(year, (years.get(year) ?? 0) + count);
  }
  return [...years].toSorted((a, b) => b[0].localeCompare(a[0])).slice(0, 15);
}

function filterHref(kind: FilterKind | "date", value: string): string {
  if (kind !== "date") return searchHref({ filters: [{ kind, value }] });
  return searchHref({
    filters: [
      { kind: "from", value },
      { kind: "to", value },
    ],
  });
}
