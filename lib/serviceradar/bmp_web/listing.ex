if Code.ensure_loaded?(Phoenix.LiveView) do
  defmodule ServiceRadar.BMPWeb.Listing do
    @moduledoc false
    # A table in the order of one of its columns, a page at a time. The column and the page are in the URL, so each state has a link.
    use Phoenix.Component

    alias Phoenix.LiveView.Socket
    alias ServiceRadar.BMP.Order

    @rows 100
    # Nobody but us may write a cursor, which is a term.
    @salt "bmp listing cursor"

    @enforce_keys [:kind, :order, :after]
    defstruct [:kind, :order, :after]

    @type t :: %__MODULE__{kind: Order.kind(), order: Order.t(), after: term}

    @doc "What the parameters of a URL ask for: `sort`, `order` and `cursor`."
    @spec read(Socket.t(), map, Order.kind()) :: t
    def read(socket, params, kind) do
      order = Order.read(kind, params["sort"], params["order"])
      %__MODULE__{kind: kind, order: order, after: last(socket, params["cursor"], kind, order)}
    end

    # That of another order leads nowhere in this one.
    defp last(socket, text, kind, order) when is_binary(text) do
      case Phoenix.Token.verify(socket, @salt, text, max_age: :infinity) do
        {:ok, {^kind, ^order, key}} -> key
        _ -> nil
      end
    end

    defp last(_socket, _none, _kind, _order), do: nil

    @doc "What `ServiceRadar.BMP.list_peers/2` or `list_routers/2` is asked for."
    @spec options(t) :: keyword
    def options(%__MODULE__{order: order, after: last}), do: [order: order, after: last, limit: @rows]

    @doc "The cursor of the next page, which follows the last row of this one; nil where there is none."
    @spec next(t, Order.key() | nil, Socket.t()) :: String.t() | nil
    def next(_listing, nil, _socket), do: nil

    def next(%__MODULE__{kind: kind, order: order}, last, socket),
      do: Phoenix.Token.sign(socket, @salt, {kind, order, last})

    @doc "The parameters of its URL: the order, where it is not the default, and the cursor of a page."
    @spec params(t, cursor :: String.t() | nil) :: keyword(String.t())
    def params(%__MODULE__{kind: kind, order: {name, down?} = order}, cursor \\ nil) do
      default? = order == Order.read(kind, nil, nil)
      order = if default?, do: [], else: [sort: name, order: if(down?, do: "desc", else: "asc")]
      order ++ if(cursor, do: [cursor: cursor], else: [])
    end

    # Once more is the other way round.
    defp chosen(%{order: {name, down?}} = listing, name), do: %{listing | order: {name, not down?}}
    defp chosen(listing, name), do: %{listing | order: Order.of_column(listing.kind, name)}

    attr :listing, :any, required: true
    attr :by, :string, required: true, doc: "the column's name in the URL"
    attr :to, :any, required: true, doc: "a function from the parameters of the listing to a path"
    attr :class, :string, default: nil
    slot :inner_block, required: true

    @doc "The head of a column that the table can be sorted by."
    def sorted(assigns) do
      ~H"""
      <th scope="col" class={@class} aria-sort={direction(@listing.order, @by)}>
        <.link class="sort" patch={@to.(params(chosen(@listing, @by)))}>{render_slot(@inner_block)}</.link>
      </th>
      """
    end

    defp direction({name, down?}, name), do: if(down?, do: "descending", else: "ascending")
    defp direction(_order, _other), do: nil

    attr :listing, :any, required: true
    attr :next, :any, required: true
    attr :to, :any, required: true
    attr :what, :string, required: true, doc: "what the rows are, in the plural"

    @doc "The way to other pages, where there are some."
    def pages(assigns) do
      ~H"""
      <nav :if={@next || @listing.after} class="pages" aria-label={"Pages of #{@what}"}>
        <.link :if={@listing.after} patch={@to.(params(@listing))}>First {@what}</.link>
        <.link :if={@next} rel="next" patch={@to.(params(@listing, @next))}>Next {@what}</.link>
      </nav>
      """
    end
  end
end
