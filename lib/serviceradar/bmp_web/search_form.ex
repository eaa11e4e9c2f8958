if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.SearchForm do
    @moduledoc false
    # The form of the search for routes: a field for each thing that can be asked for, with what is wrong with it beside it.
    use Phoenix.Component

    alias ServiceRadar.BMP.Registry
    alias ServiceRadar.BMPWeb.{Format, Paths, Search}

    # Offered also where no peer has them yet.
    @unicast [Registry.family!("ipv4-unicast"), Registry.family!("ipv6-unicast")]

    attr :base, :string, required: true
    attr :search, Search, required: true
    attr :routers, :list, required: true, doc: "offered for choice, as the peers are"
    attr :peers, :list, required: true
    attr :families, :list, required: true
    attr :rpki?, :boolean, required: true

    def search_form(assigns) do
      ~H"""
      <form id="search" class="search" phx-change="search" phx-submit="search" role="search" aria-label="Routes">
        <.field search={@search} name={:prefix} label="Prefix or address" class="wide">
          <:input :let={attributes}>
            <input
              type="search"
              name="prefix"
              value={@search.fields[:prefix]}
              placeholder="192.0.2.0/24, 2001:db8::1"
              {attributes}
              data-bmp-search
            />
          </:input>
        </.field>
        <fieldset class="match">
          <legend>Match</legend>
          <label :for={{value, name} <- matches()}>
            <input type="radio" name="match" value={value} checked={(@search.fields[:match] || "exact") == value} />
            <span>{name}</span>
          </label>
        </fieldset>
        <.field search={@search} name={:nlri} label="Other NLRI">
          <:input :let={attributes}>
            <input
              type="search"
              name="nlri"
              value={@search.fields[:nlri]}
              placeholder="[3]:[65000:1]:[0]:[32]:[192.0.2.1]"
              {attributes}
            />
          </:input>
        </.field>
        <.field search={@search} name={:as} label="AS in path">
          <:input :let={attributes}>
            <input type="search" name="as" value={@search.fields[:as]} placeholder="65001" {attributes} />
          </:input>
        </.field>
        <.field search={@search} name={:origin_as} label="Origin AS">
          <:input :let={attributes}>
            <input type="search" name="origin_as" value={@search.fields[:origin_as]} placeholder="64500" {attributes} />
          </:input>
        </.field>
        <.field search={@search} name={:as_path} label="AS path matches">
          <:input :let={attributes}>
            <input
              type="search"
              name="as_path"
              value={@search.fields[:as_path]}
              placeholder="^3356_174, _64500$"
              {attributes}
            />
          </:input>
        </.field>
        <.field search={@search} name={:next_hop} label="Next hop">
          <:input :let={attributes}>
            <input type="search" name="next_hop" value={@search.fields[:next_hop]} placeholder="address" {attributes} />
          </:input>
        </.field>
        <.field search={@search} name={:community} label="Community">
          <:input :let={attributes}>
            <input
              type="search"
              name="community"
              value={@search.fields[:community]}
              placeholder="65000:1, no-export"
              {attributes}
            />
          </:input>
        </.field>
        <.field search={@search} name={:peer} label="Peer">
          <:input :let={attributes}>
            <input
              type="search"
              name="peer"
              value={@search.fields[:peer]}
              placeholder="address"
              list="search-peers"
              {attributes}
            />
          </:input>
        </.field>
        <datalist id="search-peers">
          <option :for={peer <- Enum.uniq_by(@peers, & &1.address)} value={Format.address(peer.address)}>
            AS{peer.asn} {peer.router}
          </option>
        </datalist>
        <.field search={@search} name={:router} label="Router">
          <:input :let={attributes}>
            <select name="router" {attributes}>
              <option value="">All</option>
              <option
                :for={{value, name} <- router_options(@routers, @search.fields[:router])}
                value={value}
                selected={value == @search.fields[:router]}
              >
                {name}
              </option>
            </select>
          </:input>
        </.field>
        <.field search={@search} name={:view} label="View">
          <:input :let={attributes}>
            <select name="view" {attributes}>
              <option value="">All</option>
              <option
                :for={{view, name, _} <- Format.views()}
                value={view}
                selected={Atom.to_string(view) == @search.fields[:view]}
              >
                {name}
              </option>
            </select>
          </:input>
        </.field>
        <.field search={@search} name={:family} label="Family">
          <:input :let={attributes}>
            <select name="family" {attributes}>
              <option value="">All</option>
              <option
                :for={family <- families(@families, @search.query[:family])}
                value={Format.family_slug(family)}
                selected={family == @search.query[:family]}
              >
                {Format.family(family)}
              </option>
            </select>
          </:input>
        </.field>
        <.field :if={@rpki? or @search.fields[:rpki]} search={@search} name={:rpki} label="RPKI">
          <:input :let={attributes}>
            <select name="rpki" {attributes}>
              <option value="">All</option>
              <option
                :for={validity <- ~w(valid invalid not_found)}
                value={validity}
                selected={validity == @search.fields[:rpki]}
              >
                {Format.words(validity)}
              </option>
            </select>
          </:input>
        </.field>
        <.field search={@search} name={:at} label="As of (UTC)">
          <:input :let={attributes}>
            <input type="datetime-local" step="1" name="at" value={at(@search)} {attributes} />
          </:input>
        </.field>
        <.field search={@search} name={:limit} label="Rows">
          <:input :let={attributes}>
            <select name="limit" {attributes}>
              <option :for={limit <- Search.limits()} selected={limit == @search.query[:limit]}>{limit}</option>
            </select>
          </:input>
        </.field>
        <div id="more-fields" phx-update="ignore">
          <label class="more-fields"><input type="checkbox" name="more" /> <span>More filters</span></label>
        </div>
        <div class="actions">
          <button type="submit" class="primary">Search</button>
          <.link :if={Search.any?(@search)} patch={Paths.routes(@base)}>Clear</.link>
        </div>
      </form>
      """
    end

    attr :search, Search, required: true
    attr :name, :atom, required: true
    attr :label, :string, required: true
    attr :class, :string, default: nil
    slot :input, required: true

    # A field, and below it what is wrong with it or how it was understood.
    defp field(assigns) do
      assigns =
        assign(assigns,
          error: assigns.search.errors[assigns.name],
          note: assigns.search.notes[assigns.name],
          message: "search-#{assigns.name}-message"
        )

      ~H"""
      <div class={["field", @class, @error && "wrong"]}>
        <label for={"search-#{@name}"}>{@label}</label>
        {render_slot(@input, attributes(@name, @error, @message))}
        <p :if={@error || @note} id={@message} class={if @error, do: "error", else: "note"} role={@error && "alert"}>
          {@error || (@note && "Read as #{@note}")}
        </p>
      </div>
      """
    end

    defp attributes(name, error, message) do
      %{
        :id => "search-#{name}",
        :"aria-invalid" => if(error, do: "true"),
        :"aria-describedby" => message,
        :"phx-debounce" => "300",
        :autocomplete => "off",
        :spellcheck => "false"
      }
    end

    defp matches,
      do: [
        {"exact", "Exact"},
        {"longest", "Longest match"},
        {"within", "More specifics"},
        {"covering", "Less specifics"}
      ]

    # As the field for date and time has it, or as it was typed into a link.
    defp at(%{query: query, fields: fields}) do
      case query[:at] do
        nil ->
          fields[:at]

        time ->
          time
          |> DateTime.shift_zone!("Etc/UTC")
          |> DateTime.truncate(:second)
          |> DateTime.to_naive()
          |> NaiveDateTime.to_iso8601()
      end
    end

    # The one of the URL may be named otherwise than by its id, or be unknown.
    defp router_options(routers, chosen) do
      options = for router <- routers, do: {router.router_id, router.name}
      if chosen in [nil | Enum.map(options, &elem(&1, 0))], do: options, else: [{chosen, chosen} | options]
    end

    defp families(seen, chosen) do
      (@unicast ++ [chosen] ++ seen) |> Enum.reject(&is_nil/1) |> Enum.uniq() |> Enum.sort()
    end
  end
end
