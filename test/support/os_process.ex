defmodule ServiceRadar.BMP.Test.OSProcess do
  @moduledoc """
  A program that a test starts. It ends with `stop/1`, to be called in `on_exit`, so after the test's supervised
  processes; and it ends with this VM, however that ends: even by `kill -9`.
  """
  use GenServer

  defstruct [:server, :pid]

  # A shell kills the program when our end of its standard input closes.
  @script """
  exec 3<&0 2>/dev/null
  output=$1; shift
  "$@" </dev/null >"$output" 2>&1 3<&- & program=$!
  echo $program
  (cat <&3 >/dev/null; kill -9 $program) & watcher=$!
  wait $program; status=$?
  kill $watcher
  exit $status
  """

  @doc "Starts a program with its output in a file, and with these environment variables."
  def start!(executable, arguments, output, environment \\ []) do
    # It is looked at before the program has made it.
    File.touch!(output)
    {:ok, server} = GenServer.start(__MODULE__, {[output, executable | arguments], environment})
    %__MODULE__{server: server, pid: GenServer.call(server, :pid)}
  end

  @doc "Starts a script in an Elixir VM of its own, with this one's code."
  def start_elixir!(script, arguments, output, environment \\ []) do
    paths = for path <- :code.get_path(), path = to_string(path), File.dir?(path), do: path
    elixir = ["-noshell", "-pa"] ++ paths ++ ["-s", "elixir", "start_cli", "-extra", script | arguments]
    start!(Path.join([:code.root_dir(), "bin", "erl"]), elixir, output, environment)
  end

  @doc "`kill -9`, and waits until it has ended."
  def kill(%__MODULE__{server: server, pid: pid}) do
    {_, 0} = System.cmd("kill", ["-9", "#{pid}"])
    GenServer.call(server, :ended)
  end

  @doc "`kill` with a signal: `STOP` freezes it, `CONT` thaws it."
  def signal(%__MODULE__{pid: pid}, signal), do: {_, 0} = System.cmd("kill", ["-#{signal}", "#{pid}"])

  @doc "Asks it to stop in order, and waits until it has."
  def terminate(%__MODULE__{server: server} = process) do
    signal(process, "TERM")
    GenServer.call(server, :ended, 30_000)
  end

  @doc "Ends it, unless it has ended."
  def stop(%__MODULE__{server: server}), do: if(Process.alive?(server), do: GenServer.stop(server))

  @impl true
  def init({arguments, environment}) do
    # The program's, not the shell's around it.
    [output | program] = arguments
    variables = for {name, value} <- environment, do: "#{name}=#{value}"
    arguments = [output, "env" | variables] ++ program
    options = [:binary, :exit_status, line: 100, args: ["-c", @script, "sh" | arguments]]
    {:ok, %{port: Port.open({:spawn_executable, "/bin/sh"}, options), pid: nil, ended: false, waiting: []}}
  end

  @impl true
  def handle_call(:pid, from, %{pid: nil} = state), do: {:noreply, %{state | waiting: [from | state.waiting]}}
  def handle_call(:pid, _from, state), do: {:reply, state.pid, state}
  def handle_call(:ended, _from, %{ended: true} = state), do: {:reply, :ok, state}
  def handle_call(:ended, from, state), do: {:noreply, %{state | waiting: [from | state.waiting]}}

  @impl true
  def handle_info({port, {:data, {:eol, pid}}}, %{port: port} = state) do
    pid = String.to_integer(pid)
    Enum.each(state.waiting, &GenServer.reply(&1, pid))
    {:noreply, %{state | pid: pid, waiting: []}}
  end

  def handle_info({port, {:exit_status, _}}, %{port: port} = state) do
    Enum.each(state.waiting, &GenServer.reply(&1, :ok))
    {:noreply, %{state | ended: true, waiting: []}}
  end
end
