if Code.ensure_loaded?(Gnat) do
  defmodule ServiceRadar.BMP.Broker.JetStream.Connection do
    @moduledoc false
    # Our own supervised connection to NATS, or the name of the host's.
    alias ServiceRadar.BMP.Broker.JetStream.Reconnect
    alias ServiceRadar.BMP.Instance

    @doc "The connection's name, for Gnat's functions."
    def name(station, options), do: options[:connection] || Instance.via(station, :nats)

    @doc """
    Checks the options for the connection, and hides them in a function: a station's configuration may be looked at and
    is part of crash reports, so it is no place for passwords.
    """
    def validate(options) do
      connection = options[:connection]

      cond do
        not (is_atom(connection) or is_pid(connection)) ->
          {:error, ":connection is the name of a Gnat connection, not #{inspect(connection)}"}

        not (is_list(options[:servers]) and options[:servers] != []) ->
          {:error, ":servers is a list of URLs, not #{inspect(options[:servers])}"}

        not Keyword.keyword?(options[:settings]) ->
          {:error, ":settings is a keyword list"}

        true ->
          with {:ok, _} <- settings(options) do
            hidden = [
              connect: fn -> settings(options) end,
              inbox_prefix: options[:settings][:inbox_prefix] || "_INBOX."
            ]

            {:ok, options |> Keyword.drop([:servers, :creds, :settings]) |> Keyword.merge(hidden)}
          end
      end
    end

    def children(station, options) do
      if options[:connection],
        do: [],
        else: [{Reconnect, %{name: name(station, options), connect: options[:connect]}}]
    end

    defp settings(options) do
      with {:ok, creds} <- creds(options[:creds]) do
        Enum.reduce_while(options[:servers], {:ok, []}, fn server, {:ok, settings} ->
          case server(server) do
            {:ok, one} -> {:cont, {:ok, [one |> Map.merge(creds) |> given(options[:settings]) | settings]}}
            {:error, text} -> {:halt, {:error, text}}
          end
        end)
      end
    end

    defp server(url) when is_binary(url) do
      case URI.parse(url) do
        %URI{scheme: scheme, host: host} = uri when scheme in ["nats", "tls"] and host not in [nil, ""] ->
          {:ok,
           Map.merge(
             %{
               host: host,
               port: uri.port || 4222,
               tls: scheme == "tls",
               no_responders: true,
               name: "serviceradar-bmp",
               tcp_opts: [:binary, nodelay: true] ++ if(String.contains?(host, ":"), do: [:inet6], else: [])
             },
             user(uri.userinfo)
           )}

        _ ->
          {:error, ":servers: #{inspect(url)} is no nats:// or tls:// URL"}
      end
    end

    defp server(other), do: {:error, ":servers: #{inspect(other)} is no nats:// or tls:// URL"}

    defp user(nil), do: %{}

    defp user(info) do
      case String.split(info, ":", parts: 2) do
        [user, password] -> %{username: URI.decode(user), password: URI.decode(password)}
        [token] -> %{token: URI.decode(token)}
      end
    end

    defp given(settings, given) do
      settings = Map.merge(settings, Map.new(given))
      if settings.tls, do: Map.update(settings, :ssl_opts, verify(settings, []), &verify(settings, &1)), else: settings
    end

    defp verify(%{host: host}, given) do
      defaults = [
        verify: :verify_peer,
        server_name_indication: to_charlist(host),
        customize_hostname_check: [match_fun: :public_key.pkix_verify_hostname_match_fun(:https)]
      ]

      own_authority? = Keyword.has_key?(given, :cacertfile) or Keyword.has_key?(given, :cacerts)

      authorities =
        if own_authority? or given[:verify] == :verify_none, do: [], else: [cacerts: :public_key.cacerts_get()]

      Keyword.merge(defaults ++ authorities, given)
    end

    defp creds(nil), do: {:ok, %{}}

    defp creds(path) do
      with {:ok, text} <- File.read(path),
           [_, jwt] <- Regex.run(~r/BEGIN NATS USER JWT-+\s+(\S+)/, text),
           [_, seed] <- Regex.run(~r/BEGIN USER NKEY SEED-+\s+(\S+)/, text) do
        {:ok, %{jwt: jwt, nkey_seed: seed, auth_required: true}}
      else
        {:error, reason} -> {:error, ":creds, #{path}: #{:file.format_error(reason)}"}
        nil -> {:error, ":creds, #{path}: it has no user JWT or no NKey seed"}
      end
    end
  end
end
