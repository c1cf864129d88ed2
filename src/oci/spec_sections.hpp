#pragma once
#include <boost/json/object.hpp>

#include "oci/runtime_spec.hpp"
#include "oci/spec_field.hpp"
#include "oci/spec_write.hpp"

// The sections of a config.json, each read and written in a file of its own.
namespace containerlib::oci {

void read(const Field&, Process&);
/// A part of a process over another: nothing is required, lists are appended.
void read_part(const Field&, Process&);
void read(const Field&, Mount&);
void read(const Field&, Hook&);
void read(const Field&, Hooks&);
void read(const Field&, IdMapping&);
void read(const Field&, Resources&);
void read(const Field&, SeccompProfile&);
/// `linux` of a document.
void read_linux(const Field&, RuntimeSpec&);

boost::json::object json_of(const Process&);
boost::json::object json_of(const Mount&);
boost::json::object json_of(const Hook&);
boost::json::object json_of(const Hooks&);
boost::json::object json_of(const IdMapping&);
boost::json::object json_of(const Resources&);
boost::json::object json_of(const SeccompProfile&);
boost::json::object linux_json(const RuntimeSpec&);

}  // namespace containerlib::oci
