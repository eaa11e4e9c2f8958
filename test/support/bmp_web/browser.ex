defmodule ServiceRadar.BMPWeb.Browser do
  @moduledoc """
  A headless Chromium for tests, told what to do over the Chrome DevTools Protocol.

  With `--remote-debugging-pipe` it reads commands from file descriptor 3 and writes answers to 4, JSON ended by a NUL:
  the very descriptors of a port that is opened with `:nouse_stdio`. So no driver and no WebSocket client is needed.
  """
  use GenServer

  alias ServiceRadar.BMP.Test
  alias ServiceRadar.BMPWeb.API

  @flags ~w(--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --disable-logging --log-level=3 --hide-scrollbars --remote-debugging-pipe
    --window-size=1440,900)

  @doc "Chromium on this machine, or nil."
  def executable, do: Enum.find_value(~w(chromium chromium-browser google-chrome), &System.find_executable/1)

  @doc "Starts Chromium with one empty page."
  def start_link(options \\ []), do: GenServer.start_link(__MODULE__, options)

  @doc "Opens a URL and waits until `expression` (JavaScript) is true in it."
  def open(browser, url, expression) do
    command(browser, "Page.navigate", %{url: url})
    wait(browser, "location.href.startsWith(#{text(url)}) && (#{expression})")
  end

  @doc "A text as JavaScript has it."
  def text(text), do: text |> API.JSON.encode() |> IO.iodata_to_binary()

  @doc "The value of a JavaScript expression in the page."
  def evaluate(browser, expression) do
    case command(browser, "Runtime.evaluate", %{expression: expression, returnByValue: true, awaitPromise: true}) do
      %{"exceptionDetails" => details} -> raise "in the page: #{inspect(details, limit: :infinity)}"
      %{"result" => result} -> result["value"]
    end
  end

  @doc "Waits until a JavaScript expression is true in the page; raises with what it shows when that takes too long."
  def wait(browser, expression, left \\ 10_000) do
    # While a page loads there may be none to ask.
    true? = try(do: evaluate(browser, "!!(#{expression})"), rescue: (_ in RuntimeError -> false))

    cond do
      true? ->
        :ok

      left <= 0 ->
        raise "never true in the page: #{expression}\n#{evaluate(browser, "document.body?.innerText")}"

      true ->
        Process.sleep(50)
        wait(browser, expression, left - 50)
    end
  end

  @doc "A picture of the page, whole, in a PNG file."
  def screenshot(browser, path, options \\ %{}) do
    %{"data" => data} = command(browser, "Page.captureScreenshot", Map.merge(%{format: "png"}, options))
    File.write!(path, Base.decode64!(data))
  end

  @doc "The same, in the folder that SERVICERADAR_BMP_PICTURES names; none where it names none."
  def picture(browser, name) do
    if folder = System.get_env("SERVICERADAR_BMP_PICTURES") do
      File.mkdir_p!(folder)
      screenshot(browser, Path.join(folder, name <> ".png"))
    end
  end

  @doc "What axe-core, which is to be loaded into the page before, finds that is serious or worse."
  def serious(browser) do
    evaluate(browser, """
    axe.run().then(({violations}) => violations
      .filter(({impact}) => impact == "serious" || impact == "critical")
      .map(({id, nodes}) => id + ": " + nodes.map(({html}) => html).slice(0, 3).join(" ")))
    """)
  end

  @doc "Messages of the page's console and errors of its scripts, so far."
  def complaints(browser), do: GenServer.call(browser, :complaints)

  @doc "One command of the protocol to the page."
  def command(browser, method, params \\ %{}), do: GenServer.call(browser, {:command, method, params}, 60_000)

  @doc "What the browser's own tracing tells of some categories while `fun` runs: its events."
  def trace(browser, categories, fun) do
    command(browser, "Tracing.start", %{transferMode: "ReportEvents", traceConfig: %{includedCategories: categories}})
    fun.()
    command(browser, "Tracing.end")
    GenServer.call(browser, :traced, 60_000)
  end

  @impl true
  def init(options) do
    Process.flag(:trap_exit, true)

    folder = Test.Folder.new!("chromium")
    arguments = @flags ++ ["--user-data-dir=#{folder}" | Keyword.get(options, :flags, [])] ++ ["about:blank"]

    # What it says of a machine without a desktop is of no interest.
    shell = ["-c", "exec \"$0\" \"$@\" 2>/dev/null", executable() | arguments]
    port = Port.open({:spawn_executable, "/bin/sh"}, [:nouse_stdio, :binary, :exit_status, args: shell])

    state = %{
      port: port,
      folder: folder,
      buffer: "",
      id: 0,
      callers: %{},
      session: nil,
      complaints: [],
      traced: [],
      tracer: nil
    }

    {:ok, state, {:continue, :attach}}
  end

  @impl true
  def handle_continue(:attach, state) do
    {targets, state} = call(state, "Target.getTargets", %{})
    %{"targetId" => target} = Enum.find(targets["targetInfos"], &(&1["type"] == "page"))
    {%{"sessionId" => session}, state} = call(state, "Target.attachToTarget", %{targetId: target, flatten: true})
    state = %{state | session: session}
    {_, state} = call(state, "Page.enable", %{})
    {_, state} = call(state, "Runtime.enable", %{})
    {_, state} = call(state, "Log.enable", %{})
    {:noreply, state}
  end

  # While it starts: sends a command and waits for its answer.
  defp call(state, method, params) do
    {id, state} = send_command(state, method, params)
    await(state, id)
  end

  defp await(%{port: port} = state, id) do
    receive do
      {^port, {:data, data}} ->
        {messages, state} = messages(state, data)

        case Enum.find(messages, &(&1["id"] == id)) do
          nil -> await(state, id)
          %{"result" => result} -> {result, state}
        end

      {^port, {:exit_status, status}} ->
        exit({:chromium, status})
    after
      20_000 -> exit(:chromium_does_not_answer)
    end
  end

  @impl true
  def handle_call({:command, method, params}, from, state) do
    {id, state} = send_command(state, method, params)
    {:noreply, put_in(state.callers[id], from)}
  end

  def handle_call(:traced, from, state), do: {:noreply, traced(%{state | tracer: from})}

  def handle_call(:complaints, _from, state), do: {:reply, Enum.reverse(state.complaints), state}

  @impl true
  def handle_info({port, {:data, data}}, %{port: port} = state) do
    {messages, state} = messages(state, data)
    {:noreply, Enum.reduce(messages, state, &message/2)}
  end

  def handle_info({port, {:exit_status, status}}, %{port: port} = state), do: {:stop, {:chromium, status}, state}
  def handle_info(_other, state), do: {:noreply, state}

  defp message(%{"id" => id} = message, state) do
    {from, callers} = Map.pop(state.callers, id)
    if from, do: GenServer.reply(from, message["result"] || %{"error" => message["error"]})
    %{state | callers: callers}
  end

  defp message(%{"method" => "Log.entryAdded", "params" => %{"entry" => entry}}, state),
    do: complain(state, entry["text"])

  defp message(%{"method" => "Runtime.exceptionThrown", "params" => %{"exceptionDetails" => details}}, state),
    do: complain(state, inspect(details, limit: :infinity))

  defp message(%{"method" => "Tracing.dataCollected", "params" => %{"value" => events}}, state),
    do: %{state | traced: [events | state.traced]}

  defp message(%{"method" => "Tracing.tracingComplete"}, state), do: traced(%{state | traced: {:all, state.traced}})

  defp message(_event, state), do: state

  # Who asks gets it when it is whole.
  defp traced(%{tracer: from, traced: {:all, events}} = state) when from != nil do
    GenServer.reply(from, Enum.concat(events))
    %{state | tracer: nil, traced: []}
  end

  defp traced(state), do: state

  defp complain(state, text), do: %{state | complaints: [text | state.complaints]}

  defp send_command(state, method, params) do
    id = state.id + 1
    command = %{id: id, method: method, params: params}
    command = if state.session, do: Map.put(command, :sessionId, state.session), else: command
    Port.command(state.port, [API.JSON.encode(command), 0])
    {id, %{state | id: id}}
  end

  defp messages(state, data) do
    [rest | whole] = (state.buffer <> data) |> String.split(<<0>>) |> Enum.reverse()
    {whole |> Enum.reverse() |> Enum.map(&Test.JSON.decode!/1), %{state | buffer: rest}}
  end

  @impl true
  def terminate(_reason, state) do
    # It ends when its pipe does; its folder is in use until then.
    {:os_pid, pid} = Port.info(state.port, :os_pid) || {:os_pid, nil}
    if pid, do: Port.close(state.port)
    if pid, do: gone(pid, 50)
    File.rm_rf(state.folder)
  end

  defp gone(_pid, 0), do: :ok

  defp gone(pid, left) do
    if File.dir?("/proc/#{pid}") do
      Process.sleep(50)
      gone(pid, left - 1)
    end
  end
end
