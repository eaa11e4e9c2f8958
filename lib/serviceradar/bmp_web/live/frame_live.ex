if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.FrameLive do
    @moduledoc false
    # A frame's octets beside what they say: of what could not be decoded and was kept, or of octets that somebody pastes.
    use ServiceRadar.BMPWeb, :live_view

    import ServiceRadar.BMPWeb.FieldTree

    alias ServiceRadar.BMPWeb.Octets

    @limit 100
    # Octets that fit in a link.
    @linked 1_500

    @impl Phoenix.LiveView
    def mount(_params, _session, socket) do
      {:ok,
       assign(socket,
         page_title: "Frame",
         id: nil,
         letter: nil,
         letters: [],
         text: "",
         wrong: nil,
         octets: nil,
         fields: []
       )}
    end

    @impl Phoenix.LiveView
    def handle_params(params, _uri, socket) do
      id = text(params["letter"])
      socket = assign(socket, id: id, letter: nil)

      socket =
        case text(params["octets"]) do
          nil when id == nil and params != %{} -> socket
          nil -> socket |> assign(text: "", wrong: nil) |> shown(nil)
          text -> read(socket, text)
        end

      {:noreply, Live.load(socket)}
    end

    defp text(text), do: if(is_binary(text) and text != "" and String.valid?(text), do: text)

    @impl Phoenix.LiveView
    def handle_event("read", %{"octets" => text}, socket) do
      socket = socket |> assign(id: nil, letter: nil) |> read(text)

      case socket.assigns do
        %{wrong: nil, octets: octets} when octets not in [nil, ""] and byte_size(octets) <= @linked ->
          {:noreply, push_patch(socket, to: Paths.frame(socket.assigns.base, octets: Octets.hex(octets)))}

        _ ->
          {:noreply, socket}
      end
    end

    # What is not read leaves the tree of what was.
    defp read(socket, text) do
      case Octets.parse(text) do
        {:ok, octets} -> socket |> assign(text: text, wrong: nil) |> shown(octets)
        {:error, wrong} -> assign(socket, text: text, wrong: wrong)
      end
    end

    defp shown(%{assigns: %{octets: octets}} = socket, octets), do: socket
    defp shown(socket, none) when none in [nil, ""], do: assign(socket, octets: none, fields: [])
    defp shown(socket, octets), do: assign(socket, octets: octets, fields: BMP.dissect(octets))

    @impl Live
    def fetch(%{station: station, id: id}) do
      fn ->
        with {:ok, letters} <- Live.kept(BMP.dead_letters(station, limit: @limit)),
             {:ok, letter} <- letter(station, id),
             do: {:ok, %{letters: letters, letter: letter}}
      end
    end

    defp letter(_station, nil), do: {:ok, nil}
    defp letter(station, id), do: Live.kept(BMP.dead_letter(station, id))

    @impl Live
    def show(socket, %{letters: letters, letter: letter}, _fresh?) do
      socket = assign(socket, letters: letters)
      if letter, do: of_letter(socket, letter), else: socket
    end

    defp of_letter(socket, letter) do
      if socket.assigns.octets == letter.raw and socket.assigns.letter != nil,
        do: socket,
        else: assign(socket, letter: letter, octets: letter.raw, fields: fields(letter), text: "", wrong: nil)
    end

    # A fault of an attribute is kept with the value of the attribute alone.
    defp fields(letter) do
      case Regex.run(~r/path_attributes\[type=(\d+)\]$/, letter.path) do
        [_, code] -> BMP.dissect(letter.raw, attribute: String.to_integer(code))
        nil -> BMP.dissect(letter.raw)
      end
    end

    @impl Phoenix.LiveView
    def render(assigns) do
      ~H"""
      <.shell
        base={@base}
        style?={@style?}
        here={:events}
        title="Frame"
        up={{"Events", Paths.events(@base)}}
        paused={@paused}
        missed={@missed}
        error={@error}
        refused={@refused}
      >
        <form id="read" class="search paste" phx-submit="read" aria-label="Octets to read">
          <div class="field wide">
            <label for="read-octets">BMP or BGP messages in hexadecimal</label>
            <textarea
              id="read-octets"
              name="octets"
              rows="3"
              placeholder="03 00 00 00 0f 04 00 02 00 05 72 74 72 2d 31, or what xxd, hexdump or Wireshark print"
              spellcheck="false"
              autocomplete="off"
              aria-invalid={@wrong && "true"}
              aria-describedby={@wrong && "read-wrong"}
              data-bmp-search
            >{@text}</textarea>
            <p :if={@wrong} id="read-wrong" class="message" role="alert">{@wrong}</p>
          </div>
          <div class="actions"><button type="submit">Show</button></div>
        </form>

        <.empty :if={!@loading and @id != nil and @letter == nil and @letters != nil} title="This frame is not kept any more.">
          <p><.link patch={Paths.frame(@base)}>All that are kept</.link></p>
        </.empty>

        <section :if={@octets not in [nil, ""]} aria-labelledby="frame-title">
          <h2 id="frame-title">{title(@letter, @octets)}</h2>
          <div :if={@letter} class="banner warn">
            <b>{@letter.reason}</b>
            <span :if={@letter.path != ""} class="mono">{@letter.path}</span>
            <span :if={@letter.suspect}>It reads with the other ADD-PATH setting.</span>
            <span :if={errors(@fields) == []}>
              Read alone, it has no error: what its peer negotiated, or what came before it, is not known here.
            </span>
          </div>
          <dl :if={@letter} class="facts">
            <.fact label="Received (UTC)"><.time at={@letter.received_at_us} /></.fact>
            <.fact label="Router">
              <.link :if={@letter.router_id} navigate={Paths.router(@base, @letter.router_id)}>{@letter.router}</.link>
            </.fact>
            <.fact :if={@letter.peer_id} label="Peer">
              <.link class="mono" navigate={Paths.peer(@base, @letter.peer_id)}>{Format.peer(@letter.peer)}</.link>
            </.fact>
            <.fact label="What was done">{Format.words(@letter.treatment)}</.fact>
          </dl>
          <p :for={error <- errors(@fields)} class="result wrong-at"><span class="state bad">{error}</span></p>
          <.field_tree base={@base} id={"frame-#{:erlang.phash2(@octets)}"} octets={@octets} fields={@fields} />
        </section>

        <h2>What could not be decoded</h2>
        <.empty :if={@letters == nil} title="This store keeps nothing of what could not be decoded." />
        <.empty :if={@letters == [] and !@loading} title="All that came was decoded." />
        <div :if={@letters not in [nil, []]} class="table cards">
          <table>
            <caption class="hidden">What could not be decoded, newest first</caption>
            <thead>
              <tr>
                <th scope="col">Received (UTC)</th>
                <th scope="col">Router</th>
                <th scope="col">Peer</th>
                <th scope="col">What is wrong</th>
                <th scope="col">What was done</th>
                <th scope="col" class="number">Octets</th>
              </tr>
            </thead>
            <tbody id="letters">
              <tr :for={letter <- @letters}>
                <th scope="row" class="mono" data-name="Received (UTC)">
                  <.link :if={letter.octets > 0} patch={Paths.frame(@base, letter: letter.id)}><.time at={letter.received_at_us} /></.link>
                  <.time :if={letter.octets == 0} at={letter.received_at_us} />
                </th>
                <td data-name="Router">
                  <.link :if={letter.router_id} navigate={Paths.router(@base, letter.router_id)}>{letter.router}</.link>
                </td>
                <td class="mono" data-name="Peer">
                  <.link :if={letter.peer_id} navigate={Paths.peer(@base, letter.peer_id)}>{Format.peer(letter.peer)}</.link>
                </td>
                <td data-name="What is wrong">{letter.reason} <small class="why mono">{letter.path}</small></td>
                <td data-name="What was done">{Format.words(letter.treatment)}</td>
                <td class="number" data-name="Octets">{Format.count(letter.octets)}</td>
              </tr>
            </tbody>
          </table>
        </div>
        <p :if={is_list(@letters) and length(@letters) == limit()} class="note">The latest {limit()}.</p>
      </.shell>
      """
    end

    defp limit, do: @limit

    defp title(nil, octets), do: "#{byte_size(octets)} octets"
    defp title(letter, octets), do: "#{byte_size(octets)} octets of #{letter.router}"

    defp errors(fields), do: Enum.flat_map(fields, &(&1.errors ++ errors(&1.fields)))
  end
end
