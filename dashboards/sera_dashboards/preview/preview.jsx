// Draw a dashboard with Grafana's own code: @grafana/data makes frames into fields with units, colours and
// names, @grafana/ui draws them. What that package lacks is drawn here, and says so.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import {
  applyFieldOverrides, createTheme, dataLinksOverrideProcessor, dateTime, displayNameOverrideProcessor,
  FieldConfigOptionsRegistry, FieldType, getDisplayProcessor, getDisplayValueAlignmentFactors, getFieldDisplayName, getFieldDisplayValues,
  getValueFormats, getValueFormat, identityOverrideProcessor, numberOverrideProcessor, ReducerID,
  standardTransformers, standardTransformersRegistry, stringOverrideProcessor, ThemeContext,
  thresholdsOverrideProcessor, toDataFrame, transformDataFrame, unitOverrideProcessor,
  valueMappingsOverrideProcessor, LoadingState,
} from '@grafana/data';
import { BarGauge, BigValue, GlobalStyles, PanelChrome, Table, TimeSeries, VizRepeater } from '@grafana/ui';

const GRID = 24;
const CELL_HEIGHT = 30;
const MARGIN = 8;
const PHONE = 768;

standardTransformersRegistry.setInit(() =>
  [...new Map(Object.values(standardTransformers).map((each) => [each.id, each])).values()].map((each) => ({
    id: each.id, aliasIds: each.aliasIds, name: each.name, transformation: () => Promise.resolve(each),
    imageDark: '', imageLight: '',
  })));

const STANDARD = {
  unit: unitOverrideProcessor, decimals: numberOverrideProcessor, min: numberOverrideProcessor,
  max: numberOverrideProcessor, displayName: displayNameOverrideProcessor, noValue: stringOverrideProcessor,
  thresholds: thresholdsOverrideProcessor, mappings: valueMappingsOverrideProcessor,
  links: dataLinksOverrideProcessor, color: identityOverrideProcessor,
};
const CUSTOM = [
  'lineWidth', 'fillOpacity', 'drawStyle', 'showPoints', 'pointSize', 'spanNulls', 'fillBelowTo', 'lineStyle',
  'lineInterpolation', 'axisPlacement', 'barAlignment', 'stacking', 'cellOptions', 'width', 'align',
  'thresholdsStyle', 'filterable', 'hideFrom', 'minWidth', 'wrapHeaderText',
];
const registry = new FieldConfigOptionsRegistry(() => [
  ...Object.entries(STANDARD).map(([id, process]) => ({ id, path: id, name: id, process, shouldApply: () => true })),
  ...CUSTOM.map((id) => ({
    id: `custom.${id}`, path: id, name: id, isCustom: true, process: identityOverrideProcessor,
    shouldApply: () => true,
  })),
]);

// Frames as Grafana's own data source makes them of an answer in InfluxQL.
function framesOf(answer, target) {
  const series = (answer.results?.[0]?.series) ?? [];
  return target.resultFormat === 'table' ? tableFrames(series, target) : seriesFrames(series, target);
}

function seriesFrames(series, target) {
  return series.flatMap((each) => each.columns.slice(1).map((column, place) => {
    const name = aliased(target.alias, each, column);
    const values = each.values.map((row) => row[place + 1]);
    return toDataFrame({
      refId: target.refId, name,
      fields: [
        { name: 'Time', type: FieldType.time, values: each.values.map((row) => row[0]) },
        {
          name: 'Value', type: kind(values), values, labels: each.tags,
          config: { displayNameFromDS: name },
        },
      ],
    });
  }));
}

function tableFrames(series, target) {
  if (series.length === 0) {
    return [];
  }
  const tags = Object.keys(series[0].tags ?? {});
  const rows = series.flatMap((each) => each.values.map((row) => [row[0], ...tags.map((t) => each.tags[t]), ...row.slice(1)]));
  const names = ['Time', ...tags, ...series[0].columns.slice(1)];
  const fields = names.map((name, place) => {
    const values = rows.map((row) => row[place]);
    return { name, type: place === 0 ? FieldType.time : kind(values), values };
  });
  return [toDataFrame({ refId: target.refId, name: series[0].name, fields })];
}

function kind(values) {
  return values.some((value) => typeof value === 'string') ? FieldType.string : FieldType.number;
}

function aliased(alias, series, column) {
  return alias
    .replace(/\$tag_(\w+)/g, (_, tag) => series.tags?.[tag] ?? '')
    .replace(/\$col/g, column).replace(/\$m(easurement)?\b/g, series.name).trim();
}

async function prepared(panel, answers, theme, timeZone) {
  let frames = panel.targets.flatMap((target) => framesOf(answers[target.refId] ?? {}, target));
  const transformations = panel.transformations ?? [];
  if (transformations.length > 0 && frames.length > 0) {
    frames = await new Promise((resolve, reject) => transformDataFrame(transformations, frames, {
      interpolate: (text) => text,
    }).subscribe({ next: resolve, error: reject }));
  }
  return applyFieldOverrides({
    data: frames, fieldConfig: panel.fieldConfig, replaceVariables: (text) => text, theme, timeZone,
    fieldConfigRegistry: registry,
  });
}

function timeRange(range) {
  const [from, to] = range.map((at) => dateTime(at));
  return { from, to, raw: { from, to } };
}

const TYPES = {
  timeseries: (props) => (
    <TimeSeries {...props} legend={props.options.legend} options={props.options}>{() => null}</TimeSeries>
  ),
  table: (props) => <Table data={sorted(props.frames[0], props.options)} width={props.width} height={props.height} />,
  stat: (props) => <Repeated {...props} one={(value, width, height, factors) => (
    <BigValue value={value} width={width} height={height} theme={props.theme} colorMode={props.options.colorMode}
      alignmentFactors={factors}
      graphMode="none" textMode={props.options.textMode} justifyMode="auto" />
  )} />,
  bargauge: (props) => <Repeated {...props} vertical one={(value, width, height, factors) => (
    <BarGauge value={value} width={width} height={height} theme={props.theme} field={value.fieldConfig}
      orientation="horizontal" displayMode={props.options.displayMode} showUnfilled={props.options.showUnfilled} itemSpacing={8}
      lcdCellWidth={12} valueDisplayMode="text" namePlacement="left" text={{}} alignmentFactors={factors} />
  )} />,
};

function sorted(frame, options) {
  const [by] = options.sortBy ?? [];
  const field = by && frame.fields.find((each) => getFieldDisplayName(each, frame) === by.displayName);
  if (!field) {
    return frame;
  }
  const order = [...field.values.keys()].sort((a, b) => compare(field.values[a], field.values[b]) * (by.desc ? -1 : 1));
  return {
    ...frame,
    fields: frame.fields.map((each) => ({ ...each, values: order.map((place) => each.values[place]) })),
  };
}

function compare(a, b) {
  if (a == null || b == null) {
    return (a == null ? -1 : 0) + (b == null ? 1 : 0);
  }
  return a < b ? -1 : Number(a > b);
}

function Repeated({ panel, frames, theme, width, height, timeZone, one, vertical }) {
  const shown = getFieldDisplayValues({
    fieldConfig: panel.fieldConfig, reduceOptions: panel.options.reduceOptions, replaceVariables: (text) => text,
    theme, data: frames, timeZone,
  });
  const values = shown.map((each) => ({ ...each.display, fieldConfig: each.field }));
  const factors = getDisplayValueAlignmentFactors(shown);
  return (
    <VizRepeater source={values} getValues={() => values} width={width} height={height} renderCounter={0}
      orientation={vertical ? 'horizontal' : 'auto'} itemSpacing={8} minVizHeight={16} autoGrid={false}
      renderValue={({ value, width: w, height: h }) => one(value, w, h, factors)} />
  );
}

// Drawn here: @grafana/ui has no such panels.
const OURS = {
  'status-history': StatusHistory,
  xychart: Curve,
};

function StatusHistory({ frames, width, height, theme, panel }) {
  const rows = frames.map((frame) => ({ name: getFieldDisplayName(frame.fields[1], frame), time: frame.fields[0].values, field: frame.fields[1] }));
  const times = [...new Set(rows.flatMap((row) => [...row.time]))].sort((a, b) => a - b);
  const label = Math.min(160, width / 4);
  const cell = { width: (width - label) / times.length, height: Math.min(48, (height - 24) / rows.length) };
  return (
    <svg width={width} height={height} role="img" data-by="sera">
      {rows.map((row, y) => (
        <g key={row.name} data-series={row.name} transform={`translate(0 ${y * cell.height})`}>
          <text x={label - 8} y={cell.height / 2 + 4} textAnchor="end" fontSize="12" fill={theme.colors.text.primary}>{row.name}</text>
          {[...row.field.values].map((value, place) => {
            const display = row.field.display(value);
            const x = label + times.indexOf(row.time[place]) * cell.width;
            return value == null ? null : (
              <g key={place} data-cell="">
                <rect x={x + 1} y={2} width={cell.width - 2} height={cell.height - 4} fill={display.color} opacity="0.85" />
                <text x={x + cell.width / 2} y={cell.height / 2 + 4} textAnchor="middle" fontSize="11"
                  fill={theme.colors.getContrastText(display.color)}>{display.text}{display.suffix}</text>
              </g>
            );
          })}
        </g>
      ))}
      {times.map((at, place) => (
        <text key={at} x={label + (place + 0.5) * cell.width} y={rows.length * cell.height + 16} textAnchor="middle"
          fontSize="11" fill={theme.colors.text.secondary}>{dateTime(at).format('D MMM')}</text>
      ))}
    </svg>
  );
}

function Curve({ frames, width, height, theme, panel }) {
  const frame = frames[0];
  const byName = (name) => frame.fields.find((field) => field.name === name);
  const x = byName(panel.options.series[0].x.matcher.options);
  const side = { left: 44, bottom: 36, right: 12, top: 12 };
  const inner = { width: width - side.left - side.right, height: height - side.top - side.bottom - 18 };
  const at = (value, to) => (value - 0) * to;
  return (
    <svg width={width} height={height} role="img" data-by="sera">
      <g transform={`translate(${side.left} ${side.top})`}>
        {[0, 0.25, 0.5, 0.75, 1].map((tick) => (
          <g key={tick} stroke={theme.colors.border.weak} fill={theme.colors.text.secondary} fontSize="11">
            <line x1={0} x2={inner.width} y1={inner.height * (1 - tick)} y2={inner.height * (1 - tick)} />
            <text stroke="none" x={-6} y={inner.height * (1 - tick) + 4} textAnchor="end">{Math.round(100 * tick)}%</text>
            <text stroke="none" x={inner.width * tick} y={inner.height + 16} textAnchor="middle">{Math.round(100 * tick)}%</text>
          </g>
        ))}
        {panel.options.series.map((series, place) => {
          const y = byName(series.y.matcher.options);
          const colour = y.config.color?.fixedColor ?? theme.visualization.palette[place];
          const points = [...x.values].map((value, i) => [at(value, inner.width), inner.height - at(y.values[i], inner.height)]);
          return (
            <g key={y.name} data-series={getFieldDisplayName(y, frame)}>
              <polyline points={points.map((p) => p.join(',')).join(' ')} fill="none" stroke={colour} strokeWidth="2" />
              {points.map(([px, py], i) => <circle key={i} cx={px} cy={py} r="3" fill={colour} />)}
              <text x={place * 170} y={inner.height + 34} fontSize="12" fill={colour}>— {getFieldDisplayName(y, frame)}</text>
            </g>
          );
        })}
        <text x={inner.width / 2} y={inner.height + 34} fontSize="12" fill="none">{getFieldDisplayName(x, frame)}</text>
      </g>
    </svg>
  );
}

function Message({ text, width, height }) {
  return (
    <div data-message="" style={{ width, height, display: 'grid', placeItems: 'center', padding: 12, textAlign: 'center' }}>
      {text}
    </div>
  );
}

function isEmpty(panel, frames) {
  return !frames.some((frame) => frame.length > 0 && frame.fields.some((field) => field.type !== FieldType.time
    && [...field.values].some((value) => value !== null && value !== undefined && value !== '')));
}

function Panel({ panel, data, theme, range, timeZone, box }) {
  const ours = OURS[panel.type];
  const Drawn = TYPES[panel.type] ?? ours;
  return (
    <div style={{ position: 'absolute', ...box }} data-panel={panel.id}>
      <PanelChrome title={panel.title} description={panel.description} width={box.width} height={box.height}
        loadingState={data.error ? LoadingState.Error : LoadingState.Done} statusMessage={data.error}
        titleItems={ours ? <small style={{ opacity: 0.7 }}>drawn by Sera</small> : undefined}>
        {(width, height) => {
          const shown = { panel, frames: data.frames, width, height, theme, timeZone, options: panel.options, timeRange: range };
          if (data.error) {
            return <Message text={data.error} width={width} height={height} />;
          }
          if (isEmpty(panel, data.frames)) {
            return <Message text={panel.fieldConfig.defaults.noValue} width={width} height={height} />;
          }
          return <Drawn {...shown} />;
        }}
      </PanelChrome>
    </div>
  );
}

function boxes(panels, width) {
  const isPhone = width < PHONE;
  let top = 0;
  return panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    const height = h * CELL_HEIGHT + (h - 1) * MARGIN;
    if (isPhone) {
      const box = { left: 0, top, width, height };
      top += height + MARGIN;
      return box;
    }
    const column = (width + MARGIN) / GRID;
    return { left: x * column, top: y * (CELL_HEIGHT + MARGIN), width: w * column - MARGIN, height };
  });
}

function Dashboard({ dashboard, data, theme, range, width, timeZone }) {
  const places = boxes(dashboard.panels, width);
  const height = Math.max(...places.map((box) => box.top + box.height));
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ background: theme.colors.background.canvas, color: theme.colors.text.primary, padding: 12 }}>
        <h1 style={{ fontSize: 20, margin: '4px 0 2px' }}>{dashboard.title}</h1>
        <p style={{ margin: '0 0 12px', opacity: 0.8 }}>{dashboard.description}</p>
        <div style={{ position: 'relative', width, height }}>
          {dashboard.panels.map((panel, place) => (panel.type === 'row'
            ? <h2 key={panel.id} style={{ position: 'absolute', ...places[place], fontSize: 16, margin: 0 }}>{panel.title}</h2>
            : <Panel key={panel.id} panel={panel} data={data[panel.id]} theme={theme} range={timeRange(data[panel.id].range ?? range)}
                timeZone={timeZone} box={places[place]} />))}
        </div>
      </div>
    </ThemeContext.Provider>
  );
}

// What is handed to Grafana's code, for tests that compare it with the rows of the queries.
function facts(panel, frames, error) {
  return {
    type: panel.type, by: OURS[panel.type] ? 'sera' : 'grafana', error: error ?? '',
    frames: frames.map((frame) => ({
      rows: frame.length,
      fields: frame.fields.map((field) => ({
        name: getFieldDisplayName(field, frame), type: field.type,
        values: [...field.values].map((value) => value ?? null),
        texts: field.display ? [...field.values].slice(0, 50).map((value) => {
          const shown = field.display(value);
          return `${shown.prefix ?? ''}${shown.text}${shown.suffix ?? ''}`;
        }) : [],
        hidden: Boolean(field.config.custom?.hidden),
      })),
    })),
  };
}

window.sera = {
  units: () => getValueFormats().flatMap((group) => group.submenu.map((unit) => unit.value)),
  format: (unit, value, decimals) => {
    const shown = getValueFormat(unit)(value, decimals);
    return `${shown.prefix ?? ''}${shown.text}${shown.suffix ?? ''}`;
  },
  draw: async ({ dashboard, answers, mode, width, range, timeZone }) => {
    const theme = createTheme({ colors: { mode } });
    const data = {};
    const drawn = {};
    for (const panel of dashboard.panels.filter((each) => each.type !== 'row')) {
      const own = answers[panel.id];
      const error = Object.values(own.targets).map((each) => each.error ?? each.results?.[0]?.error).find(Boolean);
      const frames = error ? [] : await prepared(panel, own.targets, theme, timeZone);
      data[panel.id] = { frames, error, range: own.range };
      drawn[panel.id] = facts(panel, frames, error);
    }
    const root = createRoot(document.getElementById('dashboard'));
    flushSync(() => root.render(
      <Dashboard dashboard={dashboard} data={data} theme={theme} range={range} width={width} timeZone={timeZone} />));
    await document.fonts.ready;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return drawn;
  },
};
