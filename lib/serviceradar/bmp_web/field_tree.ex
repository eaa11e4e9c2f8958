if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.FieldTree do
    @moduledoc false
    # Octets beside the tree of fields that are in them (`ServiceRadar.BMP.dissect/2`). The hook `BmpFrame` marks the octets of
    # the field that the pointer or the focus is on, moves through the tree by keys, and finds the field of an octet.
    use Phoenix.Component

    alias ServiceRadar.BMPWeb.Assets

    # More octets than these are not drawn one by one, and more fields start with what is deep in them folded.
    @drawn 8_192
    @open 300

    attr :base, :string, required: true
    attr :id, :string, required: true
    attr :octets, :any, required: true
    attr :fields, :list, required: true

    def field_tree(assigns) do
      assigns = assign(assigns, lines: lines(assigns.octets), more: byte_size(assigns.octets) - @drawn)
      assigns = assign(assigns, deep: if(count(assigns.fields) > @open, do: 3, else: 100))

      ~H"""
      <div id={@id} class="frame" phx-hook="BmpFrame" phx-update="ignore" data-module={Assets.path(@base, :frame)}>
        <div class="octets mono" role="img" aria-label={"#{byte_size(@octets)} octets in hexadecimal; the fields beside them say which are theirs"}>
          <span :for={{at, line} <- @lines} class="eight"><i>{at}</i><b :for={{place, hex} <- line} data-at={place}>{hex}</b></span>
          <p :if={@more > 0} class="note">{@more} more octets are not shown.</p>
        </div>
        <ul class="fields" role="tree" aria-label="Fields">
          <.one :for={{field, index} <- Enum.with_index(@fields)} field={field} first?={index == 0} depth={1} deep={@deep} />
        </ul>
      </div>
      """
    end

    attr :field, :map, required: true
    attr :first?, :boolean, default: false
    attr :depth, :integer, required: true
    attr :deep, :integer, required: true

    defp one(assigns) do
      ~H"""
      <li
        role="treeitem"
        tabindex={if @first?, do: "0", else: "-1"}
        aria-expanded={@field.fields != [] && to_string(@depth < @deep)}
        aria-level={@depth}
        data-from={@field.offset}
        data-to={@field.offset + @field.length}
      >
        <div class={["line", @field.name == "unread" && "unread", @field.errors != [] && "wrong"]}>
          <span class="name mono">{@field.name}</span>
          <span class="says mono">{@field.text}</span>
          <small class="where">{where(@field)}{if @field.reference != "", do: " · " <> @field.reference}</small>
          <span :for={error <- @field.errors} class="state bad">{error}</span>
        </div>
        <ul :if={@field.fields != []} role="group">
          <.one :for={field <- @field.fields} field={field} depth={@depth + 1} deep={@deep} />
        </ul>
      </li>
      """
    end

    defp where(%{offset: at, length: 1}), do: "octet #{at}"
    defp where(%{offset: at, length: length}), do: "octets #{at}–#{at + length - 1}"

    defp count(fields), do: Enum.reduce(fields, 0, &(1 + count(&1.fields) + &2))

    defp lines(octets) do
      for {eight, line} <-
            octets
            |> binary_part(0, min(byte_size(octets), @drawn))
            |> :binary.bin_to_list()
            |> Enum.chunk_every(8)
            |> Enum.with_index() do
        at = line * 8
        {hex(at, 4), for({octet, place} <- Enum.with_index(eight, at), do: {place, hex(octet, 2)})}
      end
    end

    defp hex(number, digits),
      do: number |> Integer.to_string(16) |> String.downcase() |> String.pad_leading(digits, "0")
  end
end
