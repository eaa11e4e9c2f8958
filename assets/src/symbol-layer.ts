// Nodes as symbols: each kind has a form of its own, each state a colour and a rim.

import { Layer, picking, project32, type LayerProps } from "@deck.gl/core";
import { Model } from "@luma.gl/engine";

const block = /* glsl */ `\
layout(std140) uniform symbolUniforms {
  float time;
  float motion;
  float ghost;
} symbol;
`;

const uniforms = { name: "symbol", vs: block, fs: block, uniformTypes: { time: "f32", motion: "f32", ghost: "f32" } } as const;

// `instanceMoods`: kind as in NODE_KINDS, status as in STATUSES, since when, and how much it stands out: 0 pale, 1 as it is, 2 selected, 3 with an alert, 4 both.
const vs = /* glsl */ `\
#version 300 es
#define SHADER_NAME symbol-layer-vertex
in vec3 instancePlaces;
in vec4 instanceMoods;
in float instanceSizes;
out vec2 vAt;
flat out vec4 vMood;

void main(void) {
  vec2 corner = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1)) * 2.0 - 1.0;
  geometry.worldPosition = instancePlaces;
  geometry.pickingColor = picking_getPickingColorFromInstanceID();
  gl_Position = project_position_to_clipspace(instancePlaces, vec3(0.0), vec3(0.0), geometry.position);
  DECKGL_FILTER_GL_POSITION(gl_Position, geometry);
  vec3 offset = vec3(corner * instanceSizes, 0.0);
  DECKGL_FILTER_SIZE(offset, geometry);
  gl_Position.xy += project_pixel_size_to_clipspace(offset.xy);
  vAt = corner;
  vMood = instanceMoods;
  vec4 none = vec4(1.0);
  DECKGL_FILTER_COLOR(none, geometry);
}
`;

const fs = /* glsl */ `\
#version 300 es
#define SHADER_NAME symbol-layer-fragment
precision highp float;
in vec2 vAt;
flat in vec4 vMood;
out vec4 fragColor;

// How far from the middle, 1 at the rim: a square, a disc, a triangle, a diamond.
float form(vec2 at, float kind) {
  if (kind < 0.5) return max(abs(at.x), abs(at.y)) * 1.15;
  if (kind < 1.5) return length(at);
  if (kind < 2.5) return max(abs(at.x) * 1.1 + at.y * 0.6, -at.y * 1.2) * 1.25;
  return abs(at.x) + abs(at.y);
}

void main(void) {
  float far = form(vAt, vMood.x);
  if (far > 1.0) discard;
  vec3 color = vMood.x < 0.5 ? vec3(0.38, 0.60, 1.0) : vMood.x < 1.5 ? vec3(0.13, 0.78, 0.90) : vec3(0.70, 0.62, 0.98);
  float alpha = 1.0;
  if (vMood.y == 1.0 || vMood.y == 4.0) color = vec3(0.97, 0.27, 0.27);
  if (vMood.y == 3.0) color = vec3(0.58, 0.63, 0.70);
  // A ghost is a rim, and fades.
  if (vMood.y == 1.0) {
    float gone = clamp((symbol.time - vMood.z) / symbol.ghost, 0.0, 1.0);
    if (far < 0.72) discard;
    alpha = 1.0 - gone;
  } else if (vMood.y == 4.0 && far < 0.45) discard;
  if (far > 0.8) color *= 0.55;
  if (vMood.w < 0.5) alpha *= 0.25;
  if (vMood.w > 2.5 && far > 0.68) color = vec3(1.0, 0.36, 0.30) * (0.75 + 0.25 * symbol.motion * sin(symbol.time * 5.0));
  if ((vMood.w == 2.0 || vMood.w == 4.0) && far > 0.84) color = vec3(1.0);
  fragColor = vec4(color, alpha * layer.opacity);
  DECKGL_FILTER_COLOR(fragColor, geometry);
}
`;

export type SymbolProps = LayerProps & { data: unknown; clock: () => number; motion: boolean; ghost: number };

export class SymbolLayer extends Layer<SymbolProps> {
  static override layerName = "SymbolLayer";
  static override defaultProps = {
    clock: { type: "function", value: () => 0 },
    motion: true,
    ghost: 4,
    getPlace: { type: "accessor", value: [0, 0, 0] },
    getMood: { type: "accessor", value: [0, 0, 0, 0] },
    getSize: { type: "accessor", value: 6 },
  } as never;

  declare state: { model?: Model };

  override getShaders() {
    return super.getShaders({ vs, fs, modules: [project32, picking, uniforms] });
  }

  override initializeState(): void {
    this.getAttributeManager()!.addInstanced({
      instancePlaces: { size: 3, type: "float32", accessor: "getPlace" },
      instanceMoods: { size: 4, type: "float32", accessor: "getMood" },
      instanceSizes: { size: 1, type: "float32", accessor: "getSize" },
    });
    this.setState({
      model: new Model(this.context.device, {
        ...this.getShaders(),
        id: this.props.id,
        bufferLayout: this.getAttributeManager()!.getBufferLayouts(),
        topology: "triangle-strip",
        vertexCount: 4,
        isInstanced: true,
      }),
    });
  }

  override draw(): void {
    const { clock, motion, ghost } = this.props;
    this.state.model!.shaderInputs.setProps({ symbol: { time: clock(), motion: motion ? 1 : 0, ghost } });
    this.state.model!.draw(this.context.renderPass);
  }
}
