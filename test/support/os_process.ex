defmodule ServiceRadar.BMP.Test.OSProcess do
  @moduledoc "A program that a test starts, and that ends with the test's process, however that ends: even by `kill -9`."

  defstruct [:handle, :pid]

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

  @doc "Starts a program with its output in a file."
  def start!(executable, arguments, output) do
    arguments = ["-c", @script, "sh", output, executable | arguments]
    handle = Port.open({:spawn_executable, "/bin/sh"}, [:binary, :exit_status, line: 100, args: arguments])

    receive do
      {^handle, {:data, {:eol, pid}}} -> %__MODULE__{handle: handle, pid: String.to_integer(pid)}
    after
      5_000 -> raise "#{executable} does not start"
    end
  end

  @doc "`kill -9`, and waits until it has ended."
  def kill(%__MODULE__{handle: handle, pid: pid}) do
    {_, 0} = System.cmd("kill", ["-9", "#{pid}"])

    receive do
      {^handle, {:exit_status, _}} -> :ok
    after
      5_000 -> raise "process #{pid} does not end"
    end
  end

  def stop(%__MODULE__{handle: handle}), do: if(Port.info(handle), do: Port.close(handle))
end
