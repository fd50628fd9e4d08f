#include "app/command_line.h"

#include "app/commands.h"
#include "app/import.h"
#include "app/load_config.h"
#include "app/logging.h"
#include "app/one_line.h"
#include "app/standard_streams.h"
#include "app/suggestions.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace tonearm::app {
namespace {

/// What the commands have in common.
struct Arguments {
  std::optional<std::filesystem::path> file;
  Overrides overrides;
  std::string id;
  SignArguments sign;
  ImportArguments import;

  Config load(io::Reading reading = io::Reading::once) const {
    return load_config(file, overrides, reading);
  }
};

void add_config_options(CLI::App& command, Arguments& arguments) {
  command.add_option("-c,--config", arguments.file, "the configuration")->type_name("FILE");
  Overrides& overrides = arguments.overrides;
  command
      .add_option("--listen", overrides.listen, "host:port, [v6]:port or unix:/path; repeatable")
      ->type_name("ADDR")
      ->allow_extra_args(false);
  command.add_option("--catalog", overrides.catalog, "the SQLite catalog")->type_name("FILE");
  command.add_option("--base-url", overrides.base_url, "where plain names are found")
      ->type_name("URL");
  command.add_option("--cache-dir", overrides.cache_dir, "where the cache lies")->type_name("DIR");
  command.add_option("--log-level", overrides.log_level, "trace, debug, info, warn or error")
      ->type_name("L");
}

void add_sign_options(CLI::App& command, Arguments& arguments) {
  command.add_option("-c,--config", arguments.file, "the configuration")->type_name("FILE");
  command.add_option("PATH", arguments.sign.path, "as it stands in the URL: /songs/listen/1")
      ->required();
  command.add_option("--expires", arguments.sign.expires, "valid for so long (access.link_ttl)")
      ->type_name("DURATION");
  command.add_option("--ip", arguments.sign.address, "valid for this client address alone")
      ->type_name("ADDR");
}

int serve(const Arguments& arguments) {
  const Config config = arguments.load();
  const ErrorLog log(config.log.level);
  return run_serve(config, [arguments] { return arguments.load(io::Reading::again); });
}

int import(const Arguments& arguments) {
  if (arguments.import.what.empty() && !arguments.import.playlist) {
    return complain("import: give directories, files or locators; see tonearm import --help");
  }
  return run_import(arguments.load(), arguments.import);
}

int probe(const Arguments& arguments) {
  const Config config = arguments.load();
  const ErrorLog log(config.log.level);
  return run_probe(config, arguments.id);
}

/// What is wrong with the first word, where a command or --help or --version is wanted.
std::string no_command(const CLI::App& program, std::string_view word) {
  const std::vector<const CLI::App*> commands = program.get_subcommands({});
  if (word.starts_with('-')) {
    const std::string option(word.substr(0, word.find('=')));
    const bool of_a_command = std::ranges::any_of(commands, [&](const CLI::App* command) {
      return command->get_option_no_throw(option) != nullptr;
    });
    if (of_a_command) return option + " stands before the command; see tonearm --help";
    return option + " is no option; there are --help and --version, and those of the commands";
  }
  const std::string fault = '"' + std::string(word) + "\" is no command; ";
  const std::string option = "--" + std::string(word);
  if (program.get_option_no_throw(option) != nullptr) return fault + "give tonearm " + option;
  std::vector<std::string> names;
  for (const CLI::App* command : commands) names.push_back(command->get_name());
  if (const auto meant = nearest(word, names)) {
    return fault + "did you mean " + *meant + "? See tonearm --help";
  }
  return fault + "there are " + enumerated(names) + "; see tonearm --help";
}

std::string no_option(const CLI::App& command, std::string_view word) {
  // Its value is not shown: it may be a secret.
  const std::string option(word.substr(0, word.find('=')));
  std::vector<std::string> names;
  for (const CLI::Option* known : command.get_options()) {
    const auto& long_names = known->get_lnames();
    names.insert(names.end(), long_names.begin(), long_names.end());
  }
  const auto dashes = std::min(option.find_first_not_of('-'), option.size());
  const auto meant = nearest(option.substr(dashes), names);
  const std::string fault = option + " is no option of " + command.get_name() + "; ";
  return meant ? fault + "did you mean --" + *meant + "? See" : fault + "see";
}

/// What a command was given and does not take, an option first; empty when there is nothing.
std::string no_argument(const CLI::App& program, const CLI::App& command) {
  const std::vector<std::string> extras = command.remaining();
  const auto options_end = std::ranges::find(extras, "--");
  const auto option = std::find_if(extras.begin(), options_end, [](const std::string& word) {
    return word.size() > 1 && word.starts_with('-');
  });
  if (option != options_end) return no_option(command, *option);
  // What follows "--" is left to the program.
  const std::vector<std::string> all = program.remaining(true);
  const auto extra = std::ranges::find_if(all, [](const auto& word) { return word != "--"; });
  return extra == all.end() ? "" : '"' + *extra + "\" is one argument too many; see";
}

int refuse(const CLI::App& program, const CLI::ParseError& error, int argc,
           const char* const* argv) {
  if (argc < 2) {
    return complain(
        "a command is missing: serve, check, probe, import or sign; see tonearm --help");
  }
  const auto parsed = program.get_subcommands();
  const std::string_view first = argv[1];
  if (parsed.empty() || first != parsed.front()->get_name()) {
    return complain(no_command(program, first));
  }
  const CLI::App& command = *parsed.front();
  std::string line = no_argument(program, command);
  if (line.empty()) {
    line = error.what();
    std::replace(line.begin(), line.end(), '\n', ' ');
    line += "; see";
  }
  return complain(line + " tonearm " + command.get_name() + " --help");
}

}  // namespace

int complain(std::string_view line, int status) {
  std::fprintf(stderr, "tonearm: %s\n", one_line(line).c_str());
  return status;
}

namespace {

/// What CLI11 (2.1) is to parse: of `--name=` it would take the next word for the value.
std::vector<std::string> with_empty_values(int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool are_options = true;
  for (int i = 1; i < argc; ++i) {
    std::string& word = words.emplace_back(argv[i]);
    are_options = are_options && word != "--";
    const bool is_empty =
        are_options && word.starts_with("--") && word.find('=') == word.size() - 1;
    if (!is_empty) continue;
    word.pop_back();
    words.emplace_back();
  }
  return words;
}

int run_command(int argc, const char* const* argv) {
  CLI::App program("HTTP range-streaming media proxy", "tonearm");
  program.set_version_flag("--version", "tonearm " TONEARM_VERSION);
  program.require_subcommand(1);
  Arguments arguments;

  CLI::App* serving = program.add_subcommand("serve", "answer GET /songs/listen/ID");
  add_config_options(*serving, arguments);
  CLI::App* checking = program.add_subcommand(
      "check", "validate configuration and catalog, print the effective configuration");
  add_config_options(*checking, arguments);
  CLI::App* probing =
      program.add_subcommand("probe", "resolve one song, print what its origin says");
  add_config_options(*probing, arguments);
  probing->add_option("ID", arguments.id, "the song")->required();
  CLI::App* importing =
      program.add_subcommand("import", "add media files to the catalog, their tags read");
  add_config_options(*importing, arguments);
  importing
      ->add_option("WHAT", arguments.import.what,
                   "directories, files, and http…, s3://… or NAME:… as they stand")
      ->type_name("DIR|FILE|LOCATOR");
  importing
      ->add_option("--playlist", arguments.import.playlist,
                   "an M3U file: a playlist of its songs, which are added too")
      ->type_name("FILE");
  CLI::App* signing = program.add_subcommand("sign", "print a path with a signature");
  add_sign_options(*signing, arguments);

  try {
    std::vector<std::string> words = with_empty_values(argc, argv);
    std::ranges::reverse(words);  // as it wants them
    program.parse(std::move(words));
    if (serving->parsed()) return serve(arguments);
    if (checking->parsed()) return run_check(arguments.load());
    if (probing->parsed()) return probe(arguments);
    if (importing->parsed()) return import(arguments);
    return run_sign(arguments.load(), arguments.sign);
  } catch (const CLI::CallForHelp&) {
    std::cout << program.help();
    return 0;
  } catch (const CLI::CallForVersion&) {
    std::cout << program.version() << '\n';
    return 0;
  } catch (const CLI::ParseError& error) {
    return refuse(program, error, argc, argv);
  } catch (const ConfigError& error) {
    return complain(error.what());
  }
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  // Of a file that may grow no more (RLIMIT_FSIZE) a write is to fail like on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  int status = 1;
  try {
    status = run_command(argc, argv);
  } catch (const std::bad_alloc&) {
    return complain("out of memory", 1);
  } catch (const std::exception& error) {
    // The system refused what nothing works without: a thread, a descriptor.
    return complain(error.what(), 1);
  }
  const bool written = is_stdout_written();
  return status == 0 && !written ? 1 : status;
}

}  // namespace tonearm::app
