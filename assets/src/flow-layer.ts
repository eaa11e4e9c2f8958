// Routes as arcs, with particles that flow along them. Everything that moves is moved by the shaders: a route's state and since when it
// is in it are attributes, and each frame changes one number, the time.

import { Layer, picking, project32, type LayerProps } from "@deck.gl/core";
import { Model } from "@luma.gl/engine";

const block = /* glsl */ `\
layout(std140) uniform flowUniforms {
  float time;
  float segments;
  float motion;
  float ghost;
  float shift;
} flow;
`;

const uniforms = {
  name: "flow",
  vs: block,
  fs: block,
  uniformTypes: { time: "f32", segments: "f32", motion: "f32", ghost: "f32", shift: "f32" },
} as const;

// `instanceMoods`: status as in STATUSES, since when, when its path moved, and a number of its own between 0 and 1.
// `instanceWeights`: width in pixels, and how much it stands out: 0 dim, 1 plain, 2 selected.
const vs = /* glsl */ `\
#version 300 es
#define SHADER_NAME flow-layer-vertex
in vec3 instanceSources;
in vec3 instanceTargets;
in vec3 instanceOldSources;
in vec3 instanceOldTargets;
in vec4 instanceMoods;
in vec2 instanceWeights;
out float vRatio;
flat out vec4 vMood;
flat out float vWeight;

// A path rises over its middle, and those of the same two ends fan out.
vec3 along(vec3 source, vec3 target, float ratio, float seed) {
  vec2 way = target.xy - source.xy;
  float far = length(way);
  vec2 beside = far > 0.0 ? vec2(-way.y, way.x) / far : vec2(0.0);
  float rise = 4.0 * ratio * (1.0 - ratio);
  vec3 point = mix(source, target, ratio);
  point.z += rise * far * (0.16 + 0.16 * seed);
  point.xy += beside * rise * far * (seed - 0.5) * 0.28;
  return point;
}

void main(void) {
  float index = float(gl_VertexID / 2);
  float side = mod(float(gl_VertexID), 2.0) * 2.0 - 1.0;
  float ratio = index / (flow.segments - 1.0);
  // A path that moved goes from where it was to where it is.
  float moved = flow.motion > 0.5 ? smoothstep(0.0, 1.0, (flow.time - instanceMoods.z) / flow.shift) : 1.0;
  vec3 source = project_position(mix(instanceOldSources, instanceSources, moved), vec3(0.0));
  vec3 target = project_position(mix(instanceOldTargets, instanceTargets, moved), vec3(0.0));
  float step_ = 1.0 / (flow.segments - 1.0);
  vec3 here = along(source, target, ratio, instanceMoods.w);
  vec3 next = along(source, target, min(ratio + step_, 1.0), instanceMoods.w);
  vec3 last = along(source, target, max(ratio - step_, 0.0), instanceMoods.w);
  // One that flaps vibrates.
  if (instanceMoods.x == 2.0) {
    here.z += flow.motion * sin(flow.time * 38.0 + ratio * 24.0 + instanceMoods.w * 6.0) * 4.0 * sin(3.14159 * ratio);
  }
  geometry.worldPosition = instanceSources;
  geometry.position = vec4(here, 1.0);
  vec4 clip = project_common_position_to_clipspace(vec4(here, 1.0));
  vec4 ahead = project_common_position_to_clipspace(vec4(next, 1.0));
  vec4 behind = project_common_position_to_clipspace(vec4(last, 1.0));
  vec2 direction = (ahead.xy / ahead.w - behind.xy / behind.w) * project.viewportSize;
  direction = length(direction) > 0.0 ? normalize(direction) : vec2(1.0, 0.0);
  vec3 offset = vec3(vec2(-direction.y, direction.x) * side * instanceWeights.x * 0.5, 0.0);
  DECKGL_FILTER_SIZE(offset, geometry);
  DECKGL_FILTER_GL_POSITION(clip, geometry);
  gl_Position = clip + vec4(project_pixel_size_to_clipspace(offset.xy), 0.0, 0.0);
  vRatio = ratio;
  vMood = instanceMoods;
  vWeight = instanceWeights.y;
}
`;

// Beside its colour each state has a form, for those who do not see colours apart: plain flows, flapping is dashed, withdrawn
// falls to pieces, stale is dotted.
const fs = /* glsl */ `\
#version 300 es
#define SHADER_NAME flow-layer-fragment
precision highp float;
in float vRatio;
flat in vec4 vMood;
flat in float vWeight;
out vec4 fragColor;

float noise(float at) { return fract(sin(at * 127.1) * 43758.5453); }

void main(void) {
  float age = flow.time - vMood.y;
  vec3 color = vec3(0.13, 0.78, 0.90);
  float alpha = 0.34;
  float particles = 0.0;
  if (vMood.x == 1.0) {
    float gone = clamp(age / flow.ghost, 0.0, 1.0);
    color = vec3(0.97, 0.27, 0.27);
    if (noise(floor(vRatio * 48.0) + vMood.w * 91.0) < gone) discard;
    alpha = 0.95 * (1.0 - gone);
  } else if (vMood.x == 2.0) {
    color = vec3(0.98, 0.70, 0.15);
    if (fract(vRatio * 14.0) > 0.62) discard;
    alpha = 0.9;
  } else if (vMood.x >= 3.0) {
    color = vec3(0.58, 0.63, 0.70);
    if (fract(vRatio * 40.0) > 0.4) discard;
    alpha = 0.4;
  }
  if (vMood.x == 0.0 || vMood.x == 2.0) {
    float at = fract(vRatio * 2.0 - flow.motion * flow.time * 0.32 + vMood.w);
    particles = smoothstep(0.86, 0.985, at) * (1.0 - smoothstep(0.985, 1.0, at));
  }
  // What has just come is bright for a moment.
  if (vMood.x == 0.0) alpha += 0.5 * flow.motion * (1.0 - clamp(age / 1.5, 0.0, 1.0));
  color = mix(color, vec3(0.93, 0.99, 1.0), particles * 0.75);
  alpha = max(alpha, particles);
  if (vWeight < 0.5) alpha *= 0.12;
  if (vWeight > 1.5) { alpha = max(alpha, 0.95); color = mix(color, vec3(1.0), 0.25); }
  fragColor = vec4(color, alpha * layer.opacity);
  DECKGL_FILTER_COLOR(fragColor, geometry);
}
`;

export type FlowProps = LayerProps & { data: unknown; clock: () => number; motion: boolean; ghost: number; segments: number };

const floats = (size: number, accessor: string) => ({ size, type: "float32" as const, accessor });

export class FlowLayer extends Layer<FlowProps> {
  static override layerName = "FlowLayer";
  static override defaultProps = {
    clock: { type: "function", value: () => 0 },
    motion: true,
    ghost: 4,
    segments: 20,
    getSource: { type: "accessor", value: [0, 0, 0] },
    getTarget: { type: "accessor", value: [0, 0, 0] },
    getOldSource: { type: "accessor", value: [0, 0, 0] },
    getOldTarget: { type: "accessor", value: [0, 0, 0] },
    getMood: { type: "accessor", value: [0, 0, 0, 0] },
    getWeight: { type: "accessor", value: [1, 1] },
  } as never;

  declare state: { model?: Model };

  override getShaders() {
    return super.getShaders({ vs, fs, modules: [project32, picking, uniforms] });
  }

  override initializeState(): void {
    this.getAttributeManager()!.addInstanced({
      instanceSources: floats(3, "getSource"),
      instanceTargets: floats(3, "getTarget"),
      instanceOldSources: floats(3, "getOldSource"),
      instanceOldTargets: floats(3, "getOldTarget"),
      instanceMoods: floats(4, "getMood"),
      instanceWeights: floats(2, "getWeight"),
    });
    this.setState({
      model: new Model(this.context.device, {
        ...this.getShaders(),
        id: this.props.id,
        bufferLayout: this.getAttributeManager()!.getBufferLayouts(),
        topology: "triangle-strip",
        isInstanced: true,
      }),
    });
  }

  override draw(): void {
    const { clock, motion, ghost, segments } = this.props;
    const model = this.state.model!;
    model.shaderInputs.setProps({ flow: { time: clock(), segments, motion: motion ? 1 : 0, ghost, shift: 1.2 } });
    model.setVertexCount(segments * 2);
    model.draw(this.context.renderPass);
  }
}
