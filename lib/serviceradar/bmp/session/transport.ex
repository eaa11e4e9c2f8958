defmodule ServiceRadar.BMP.Session.Transport do
  @moduledoc false
  # A session's connection: TCP, or TLS over it.

  @type socket :: :gen_tcp.socket() | :ssl.sslsocket()

  @doc "Asks for the next octets, once; they come as a message that `event/1` reads."
  @spec ask(socket) :: :ok | {:error, term}
  def ask(socket) when elem(socket, 0) == :sslsocket, do: :ssl.setopts(socket, active: :once)
  def ask(socket), do: :inet.setopts(socket, active: :once)

  @spec hand_over(socket, pid) :: :ok | {:error, term}
  def hand_over(socket, pid) when elem(socket, 0) == :sslsocket, do: :ssl.controlling_process(socket, pid)
  def hand_over(socket, pid), do: :gen_tcp.controlling_process(socket, pid)

  @spec close(socket) :: :ok | {:error, term}
  def close(socket) when elem(socket, 0) == :sslsocket, do: :ssl.close(socket)
  def close(socket), do: :gen_tcp.close(socket)

  @doc "What a message of the connection says."
  @spec event(tuple) :: {:octets | :closed | :error, socket} | {:octets | :error, socket, term} | nil
  def event({tag, socket, octets}) when tag in [:tcp, :ssl], do: {:octets, socket, octets}
  def event({tag, socket}) when tag in [:tcp_closed, :ssl_closed], do: {:closed, socket}
  def event({tag, socket, reason}) when tag in [:tcp_error, :ssl_error], do: {:error, socket, reason}
  def event(_other), do: nil
end
