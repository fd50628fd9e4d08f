#pragma once

#include <string_view>

namespace tonearm::server {

/// The path of a target in origin-form or absolute-form, whose authority may hold a password: as it
/// was sent. %2F is a part of a segment there, and once it is decoded no longer.
std::string_view sent_path(std::string_view target);

}  // namespace tonearm::server
